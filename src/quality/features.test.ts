import fc from 'fast-check'
import { expect, test } from 'vitest'
import { given, madeLines, type Sound, sing } from '../../test/made-song.ts'
import { searchSong } from '../engine/search.ts'
import { confidenceOf } from './confidence.ts'
import { FEATURES, type Features } from './features.ts'
import { likelyVisits } from './prune.ts'

function featuresIn({ emissions }: Sound, lyrics: readonly string[]): Features[] {
  const { lines, text } = given(lyrics.join('\n'))
  return searchSong(emissions, lines, text, { structure: 'free' }).features
}

test('of a text that is sung as it is written, all features are those of a line that is there', () => {
  const lines = madeLines(6, 3)
  for (const features of featuresIn(sing(lines), lines)) {
    expect(features).toMatchObject({
      again: 0,
      worse: 0,
      neighbours: 2,
      firstGap: expect.closeTo(Math.log1p(0.32)),
    })
    expect(features.distance).toBeGreaterThan(2)
    expect(features.usual).toBeGreaterThan(2)
    expect(features.slow).toBeCloseTo(0)
    expect(features.voiced).toBeGreaterThan(0.9)
  }
})

test('a line that is sung twice is known as such, and the fainter time as the worse one', () => {
  const lines = madeLines(8, 4)
  const order = [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7]
  const sound = sing(order.map((line) => lines[line]!))
  // The second time is fainter.
  const { logProbs, vocabulary, hop } = sound.emissions
  const size = vocabulary.length
  const [from, to] = [sound.starts[4]!, sound.starts[8]!].map((seconds) => Math.round(seconds / hop))
  for (let i = from! * size; i < to! * size; i++) logProbs[i] = Math.max(logProbs[i]!, Math.log(0.02))
  const lyrics = [...lines.slice(0, 4), '', ...lines.slice(4)]
  const features = featuresIn(sound, lyrics)
  expect(features.map(({ again }) => again)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0])
  for (const first of features.slice(0, 4)) expect(first.worse).toBe(0)
})

test('whatever is sung and written, features are numbers, and confidences and their parts are in range', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(5), { maxLength: 8 }),
      fc.array(fc.nat(5), { minLength: 1, maxLength: 6 }),
      fc.double({ min: 0.1, max: 0.99, noNaN: true }),
      (sung, written, certainty) => {
        const lines = madeLines(6, 5)
        const sound = sing(
          sung.map((line) => lines[line]!),
          { certainty, pause: 60 },
        )
        const all = featuresIn(
          sound,
          written.map((line) => lines[line]!),
        )
        for (const features of all) {
          for (const name of FEATURES) expect(Number.isFinite(features[name]), name).toBe(true)
          expect(features.voiced).toBeGreaterThanOrEqual(0)
          expect(features.voiced).toBeLessThanOrEqual(1)
          expect([0, 1, 2]).toContain(features.neighbours)
          expect([0, 1]).toContain(features.again)
          for (const name of ['worse', 'firstGap', 'worstUnit'] as const)
            expect(features[name], name).toBeGreaterThanOrEqual(0)
          const confidence = confidenceOf(features)
          expect(confidence >= 0 && confidence <= 1).toBe(true)
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('confidence is from 0 to 1 for all numbers, even those no song has', () => {
  const feature = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, 1e9, -1e9))
  const features = fc
    .tuple(...FEATURES.map(() => feature.map((value) => Math.max(-1e12, Math.min(1e12, value)))))
    .map((values) => Object.fromEntries(FEATURES.map((name, i) => [name, values[i]])) as Features)
  const voiced = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(features, voiced, (given, share) => {
      const confidence = confidenceOf({ ...given, voiced: share, slow: 0 })
      expect(confidence >= 0 && confidence <= 1).toBe(true)
    }),
  )
})

test('what is unlikely goes: first what was added, then repeats of lines that have a likelier place', () => {
  const probability = fc.double({ min: 0, max: 1, noNaN: true })
  const visit = fc.record({ line: fc.nat(4), confidence: probability, added: fc.boolean() })
  fc.assert(
    fc.property(fc.array(visit, { maxLength: 12 }), probability, (all, least) => {
      const visits = all.map(({ line, added }) => ({
        line: { index: line, position: line, isLast: false, units: [], unitStarts: [], ...EMPTY },
        first: new Int32Array(),
        last: new Int32Array(),
        ...(added && { added }),
      }))
      const isKept = likelyVisits(
        visits,
        all.map(({ confidence }) => confidence),
        least,
      )
      const isFirstOut = all.map(({ added, confidence }) => added && confidence < least)
      all.forEach(({ line, confidence }, i) => {
        const best = Math.max(...all.filter((other) => other.line === line).map((other) => other.confidence))
        if (isFirstOut.includes(true)) expect(isKept[i]).toBe(!isFirstOut[i])
        else expect(isKept[i]).toBe(confidence >= least || confidence === best)
      })
    }),
  )
})

test('neighbours are those of the text, or any that a visit has in two places', () => {
  const [a, b, c, d] = madeLines(4, 8)
  const order = [a!, c!, b!, d!, a!, c!, b!, d!]
  const features = featuresIn(sing(order), [a!, b!, c!, d!])
  expect(features.map(({ neighbours }) => neighbours)).toEqual([2, 2, 2, 1, 1, 2, 2, 2])
})

const EMPTY = { tokens: new Uint16Array(), gaps: new Uint8Array() }
