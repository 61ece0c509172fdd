import { expect, test } from 'vitest'
import type { Emissions, Unit } from '../types.ts'
import { alignUnits, shiftOnsets } from './align.ts'
import { evidenceOf } from './evidence.ts'
import { singingOutside } from './singing.ts'
import { spell } from './spell.ts'
import { GAP } from './viterbi.ts'

const VOCABULARY = ['<blank>', 'a', 'b', 'k', 'o']
const HOP = 0.02

const unit = (line: number, romanized: string): Unit => ({ line, text: romanized, language: 'en', romanized })

/** Frames in which one token is nearly certain: one character a frame, `_` the blank, upper case with a voice. */
function emissionsOf(pattern: string, certainty = 0.9): Emissions {
  const size = VOCABULARY.length
  const logProbs = new Float32Array(pattern.length * size).fill(Math.log((1 - certainty) / (size - 1)))
  const voice = new Float32Array(pattern.length)
  for (const [t, character] of [...pattern].entries()) {
    const lower = character.toLowerCase()
    const token = VOCABULARY.indexOf(lower === '_' || lower === '=' ? '<blank>' : lower)
    logProbs[t * size + token] = Math.log(certainty)
    // `=` is a held note: blank to CTC, but a voice.
    voice[t] = character === '_' ? 0.01 : 0.95
  }
  return { logProbs, frames: pattern.length, vocabulary: VOCABULARY, blank: 0, hop: HOP, voice }
}

const starts = (spans: readonly ({ start: number } | null)[]) =>
  spans.map((span) => span && Math.round(span.start / HOP))

test('letters the model does not know are left out, and gaps know what they separate', () => {
  const { tokens, gaps, unitOfToken } = spell([unit(0, 'ka'), unit(0, 'zo'), unit(1, 'b')], VOCABULARY)
  expect([...tokens]).toEqual([3, 1, 4, 2])
  expect([...unitOfToken]).toEqual([0, 0, 1, 2])
  const { betweenLines, afterConsonant, betweenUnits } = GAP
  expect([...gaps]).toEqual([betweenLines, afterConsonant, betweenUnits, betweenLines, betweenLines])
})

test('units are found where their letters are', () => {
  const { spans } = alignUnits(emissionsOf('____ka__bo_____k___'), [
    unit(0, 'ka'),
    unit(0, 'bo'),
    unit(1, 'k'),
  ])
  expect(starts(spans)).toEqual([4, 8, 15])
})

test('a unit without letters of the model has no span', () => {
  const { spans } = alignUnits(emissionsOf('__ka__'), [unit(0, 'ka'), unit(0, 'xyz'), unit(1, '')])
  expect(spans[0]).not.toBeNull()
  // A line without a letter is not sung at all.
  expect(spans.slice(1)).toEqual([null])
})

test('a unit lasts as long as the voice holds it, until the next one starts', () => {
  const { spans } = alignUnits(emissionsOf('__ka====bo____'), [unit(0, 'ka'), unit(0, 'bo')])
  expect(Math.round(spans[0]!.end / HOP)).toBe(8)
  expect(Math.round(spans[1]!.end / HOP)).toBe(10)
})

test('a first letter heard faintly in the music before does not draw a word apart', () => {
  const emissions = emissionsOf(`${'_'.repeat(60)}=a${'_'.repeat(20)}`)
  const size = VOCABULARY.length
  // A drum sounds like a k, more so than the singer's own consonant.
  emissions.logProbs[5 * size + 3] = Math.log(0.2)
  const { spans } = alignUnits(emissions, [unit(0, 'ka')])
  expect(starts(spans)).toEqual([60])
})

test('singing that is not in the text is absorbed between lines, and counted from a second on', () => {
  const units = [unit(0, 'ka'), unit(1, 'bo')]
  const unclaimed = (adLib: string) => {
    const emissions = emissionsOf(`__ka__${adLib}__bo__`, 0.99)
    const found = alignUnits(emissions, units)
    expect(starts(found.spans)).toEqual([2, 8 + adLib.length])
    const spans = found.spans.map((span) => span!)
    const { extra } = singingOutside(emissions, spans)
    return extra.reduce((sum, { start, end }) => sum + end - start, 0)
  }
  expect(unclaimed('ok'.repeat(6))).toBe(0)
  expect(unclaimed('ok'.repeat(30))).toBeCloseTo(1.2)
})

test('the fit of sung text is better than that of the same syllables reversed', () => {
  const emissions = emissionsOf('__ka__bo__ka__ob__ak____bo__ka__')
  const units = ['ka', 'bo', 'ka', 'ob', 'ak', 'bo', 'ka'].map((word, i) => unit(Math.floor(i / 4), word))
  const { visits: lines, decoys } = evidenceOf(emissions, units, alignUnits(emissions, units))
  expect(lines).toHaveLength(2)
  const best = Math.min(...decoys.map(({ deficit }) => deficit))
  for (const fit of lines) expect(fit.deficit).toBeLessThan(best)
})

test('of a very long text some stretches are read backwards, and fit as badly as all of it would', () => {
  const words = ['ka', 'bo', 'ak', 'ob']
  const wordAt = (i: number) => words[(i * i + (i >> 2)) % words.length]!
  const count = 4_200
  const pattern = Array.from({ length: count }, (_, i) => `_${wordAt(i)}____`).join('')
  const units = Array.from({ length: count }, (_, i) => unit(i >> 2, wordAt(i)))
  const emissions = emissionsOf(pattern)
  const { visits: lines, decoys } = evidenceOf(emissions, units, alignUnits(emissions, units))
  expect(decoys.length).toBeGreaterThan(lines.length / 2)
  expect(decoys.length).toBeLessThan(lines.length)
  const worst = Math.max(...lines.map((fit) => fit.deficit))
  const sorted = decoys.map(({ deficit }) => deficit).sort((a, b) => a - b)
  expect(worst).toBeLessThan(sorted[sorted.length >> 1]!)
})

test('onsets are shifted, ends are not, and nothing starts before the recording', () => {
  const spans = [{ start: 0.05, end: 1, confidence: 1 }, null, { start: 2, end: 3, confidence: 1 }]
  expect(shiftOnsets(spans, -0.1).map((span) => span?.start)).toEqual([0, undefined, 1.9])
  expect(shiftOnsets(spans, 5)[0]).toMatchObject({ start: 1, end: 1 })
})

test('a text without a letter that the model knows has no evidence, and ends', () => {
  const units = [unit(0, ''), unit(1, 'zzz')]
  const emissions = emissionsOf('__ka_bo__')
  const { visits: lines, decoys } = evidenceOf(emissions, units, alignUnits(emissions, units))
  expect(lines).toEqual([])
  expect(decoys).toEqual([])
})

test('a single line is measured against as many decoys as a song is', () => {
  const units = [unit(0, 'ka'), unit(0, 'bo')]
  const emissions = emissionsOf('__ka_bo__kabo__')
  expect(evidenceOf(emissions, units, alignUnits(emissions, units)).decoys).toHaveLength(24)
})

test('a line that is sung twenty times is found twenty times, each in its place, with an instrumental between', () => {
  const times = 20
  const half = times / 2
  const chorus = '__kaA_bo===___'
  const pattern = chorus.repeat(half) + '_'.repeat(500) + chorus.repeat(half)
  const units = Array.from({ length: times }, (_, line) => [unit(line, 'ka'), unit(line, 'bo')]).flat()
  const { spans } = alignUnits(emissionsOf(pattern), units)
  const expected = Array.from({ length: times }, (_, line) => {
    const at = line * chorus.length + (line < half ? 0 : 500)
    return [at + 2, at + 6]
  }).flat()
  expect(starts(spans)).toEqual(expected)
})
