import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CtcAlignment } from '../ctc/align.ts'
import type { Evidence, Fit } from '../ctc/evidence.ts'
import { assemble } from '../lyrics/assemble.ts'
import type { Emissions, LineKind, LyricLine, Unit } from '../types.ts'
import { ALIGNED_FROM, assess } from './assess.ts'
import { confidenceOf } from './confidence.ts'
import { FEATURES, type Features, featuresOf } from './features.ts'

const DECOYS: Fit[] = [3.6, 3.8, 4, 4.2, 4.4].map((deficit) => ({ deficit, letters: 20 }))
const HOP = 0.02
const FRAMES = 5000

type Sung = { line: number; start: number; end: number; deficit?: number; voiced?: number }

/** A song of one unit of 20 letters a line, of which `sung` was found. Seconds. */
function judged(kinds: readonly LineKind[], sung: readonly Sung[], more: { voice?: number } = {}) {
  const lines = kinds.map((kind, index): LyricLine => {
    const text = kind === 'sung' ? `line ${index}` : kind === 'marker' ? '[Verse]' : ''
    return { index, kind, text, sung: kind === 'sung' ? text : '' }
  })
  const text = lines
    .filter(({ kind }) => kind === 'sung')
    .map(
      ({ index }): Unit => ({ line: index, text: `u${index}`, language: 'en', romanized: 'ka'.repeat(10) }),
    )
  const textLines = text.map((unit, position) => ({
    index: unit.line,
    position,
    isLast: position === text.length - 1,
    units: [unit],
    unitStarts: [0],
    tokens: new Uint16Array(20),
    gaps: new Uint8Array(20),
  }))
  const visits = sung.map(({ line, start, end }) => {
    const from = Math.round(start / HOP)
    const step = (Math.round(end / HOP) - from) / 20
    const first = Int32Array.from({ length: 20 }, (_, i) => from + Math.floor(step * i))
    return { line: textLines.find(({ index }) => index === line)!, first, last: first }
  })
  const units = visits.map(({ line }, visit) => ({ ...line.units[0]!, line: visit }))
  const spans = sung.map(({ start, end }) => ({ start, end, confidence: 1 }))
  const fits = sung.map(({ deficit = 1 }): Fit => ({ deficit, letters: 20 }))
  const evidence: Evidence = {
    visits: fits,
    units: fits,
    decoys: DECOYS,
    voiced: sung.map(({ voiced = 0.9 }) => voiced),
  }
  const spelling = { tokens: new Uint16Array(), gaps: new Uint8Array(), unitOfToken: new Uint32Array() }
  const path = { first: new Int32Array(), last: new Int32Array() }
  const found: CtcAlignment = { letters: 20 * text.length, visits, units, spans, spelling, path }
  const emissions: Emissions = {
    logProbs: new Float32Array(),
    frames: FRAMES,
    vocabulary: ['_'],
    blank: 0,
    hop: HOP,
    voice: new Float32Array(FRAMES).fill(more.voice ?? 0),
  }
  const features = featuresOf(found, evidence, HOP)
  const duration = FRAMES * HOP
  const timed = assemble(visits.length, units, spans, duration)
  const confidences = features.map(confidenceOf)
  return assess({ lines, text, found, timed, evidence, features, confidences, emissions, duration })
}

const inOrder = (count: number, deficit?: number): Sung[] =>
  Array.from({ length: count }, (_, line) => ({
    line,
    start: line * 4,
    end: line * 4 + 3,
    ...(deficit !== undefined && { deficit }),
  }))

const sungLines = (count: number) => new Array<LineKind>(count).fill('sung')

test('lines that the sound supports are aligned, the others suspect with a doubt, and the verdict counts them', () => {
  const song = inOrder(6)
  song[5]!.deficit = 4
  const { lines, verdict, performance } = judged(sungLines(6), song)
  expect(lines.map(({ status }) => status)).toEqual([...new Array(5).fill('aligned'), 'suspect'])
  expect(lines[5]!.doubt).toMatchObject({ code: 'not_heard' })
  expect(performance.map(({ line, status }) => [line, status])).toEqual(
    lines.map(({ status }, i) => [i, status]),
  )
  expect(verdict).toMatchObject({ level: 'good', sungLines: 6, alignedLines: 5, sung: 1 })
  expect(verdict.reasons).toEqual([expect.stringContaining('1 of 6 lines are suspect')])
})

test('markers and blank lines are not judged and do not count', () => {
  const { lines, verdict } = judged(['marker', 'sung', 'blank'], [{ line: 1, start: 1, end: 3 }])
  expect(lines.map(({ status, confidence }) => [status, confidence === null])).toEqual([
    ['marker', true],
    ['aligned', false],
    ['blank', true],
  ])
  expect(verdict).toMatchObject({ sungLines: 1, alignedLines: 1, reasons: [] })
})

test('a text that fits like chance is unreliable, and the first reason says so', () => {
  const { verdict } = judged(sungLines(3), inOrder(3, 4))
  expect(verdict.level).toBe('unreliable')
  expect(verdict.reasons[0]).toContain('hardly better than chance')
})

test('a line stretched over instruments loses its confidence', () => {
  const song = inOrder(4)
  song[1]!.voiced = 0.05
  expect(judged(sungLines(4), song).lines.map(({ status }) => status)).toEqual([
    'aligned',
    'suspect',
    'aligned',
    'aligned',
  ])
})

test('a line that is sung three times has three occurrences, and its own time keeps the order of the text', () => {
  const song = [
    { line: 0, start: 1, end: 4 },
    { line: 1, start: 5, end: 8 },
    { line: 0, start: 9, end: 12 },
    { line: 2, start: 13, end: 16 },
    { line: 0, start: 17, end: 20 },
  ]
  const { lines, performance } = judged(sungLines(3), song)
  expect(lines.map(({ start }) => start)).toEqual([1, 5, 13])
  expect(lines[0]!.occurrences.map(({ start }) => start)).toEqual([1, 9, 17])
  expect(performance.map(({ line }) => line)).toEqual([0, 1, 0, 2, 0])
})

test('a line that is not found is unsung between its neighbours, and one without letters interpolated', () => {
  const song = [
    { line: 0, start: 1, end: 4 },
    { line: 2, start: 10, end: 13 },
  ]
  const { lines, verdict } = judged(sungLines(3), song)
  expect(lines[1]).toMatchObject({ status: 'unsung', confidence: 0, start: 4, end: 10, occurrences: [] })
  expect(verdict.reasons).toEqual(['1 of 3 lines were not found in the recording.'])
  expect(verdict.sung).toBeCloseTo(2 / 3)
})

test('a text of which hardly anything is sung is never good', () => {
  const { verdict } = judged(sungLines(12), inOrder(2))
  expect(verdict.level).not.toBe('good')
})

test('singing in no line is said even when every line is found', () => {
  const { verdict, extra } = judged(sungLines(1), [{ line: 0, start: 0, end: 72.6 }], { voice: 1 })
  expect(extra).toEqual([{ start: expect.closeTo(72.6), end: expect.closeTo(100) }])
  expect(verdict.reasons).toContainEqual(expect.stringContaining('About 27 s of singing are in no line'))
  expect(verdict.covered).toBeCloseTo(0.726)
})

test('whatever is found, every line has a status of its kind, confidences are from 0 to 1, and nothing is lost', () => {
  const kind = fc.constantFrom<LineKind>('sung', 'sung', 'sung', 'marker', 'blank')
  const visit = fc.record({
    line: fc.nat(19),
    length: fc.double({ min: 0.5, max: 4, noNaN: true }),
    deficit: fc.oneof(fc.double({ min: 0, max: 40, noNaN: true }), fc.constantFrom(0, 1e-9, 1e6)),
    voiced: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  fc.assert(
    fc.property(
      fc.array(kind, { minLength: 1, maxLength: 20 }),
      fc.array(visit, { maxLength: 20 }),
      (kinds, given) => {
        fc.pre(kinds.includes('sung'))
        let now = 0
        const song = given
          .filter(({ line }) => kinds[line] === 'sung')
          .map(({ length, ...each }) => {
            const start = now
            now += length
            return { ...each, start, end: now }
          })
        const { lines, performance, verdict } = judged(kinds, song)
        expect(lines).toHaveLength(kinds.length)
        lines.forEach(({ status, confidence, occurrences, start, end }, i) => {
          if (kinds[i] !== 'sung') expect([status, confidence]).toEqual([kinds[i], null])
          else {
            const isFound = song.some(({ line }) => line === i)
            expect(isFound ? ['aligned', 'suspect'] : ['unsung']).toContain(status)
            expect(confidence).toBeGreaterThanOrEqual(0)
            expect(confidence).toBeLessThanOrEqual(1)
            expect(status === 'aligned').toBe(confidence! >= ALIGNED_FROM)
          }
          expect(occurrences).toHaveLength(song.filter(({ line }) => line === i).length)
          expect(end).toBeGreaterThanOrEqual(start)
        })
        expect(performance).toHaveLength(song.length)
        performance.forEach(({ start }, i) => {
          expect(start).toBeGreaterThanOrEqual(performance[i - 1]?.end ?? 0)
        })
        expect(verdict.confidence).toBeGreaterThanOrEqual(0)
        expect(verdict.confidence).toBeLessThanOrEqual(1)
      },
    ),
    { numRuns: 300 },
  )
})

test('the better a line fits, the surer it is; a gap behind its first word takes away from it', () => {
  const usual: Features = {
    ...(Object.fromEntries(FEATURES.map((name) => [name, 0])) as Features),
    slow: 0,
    voiced: 1,
  }
  const heard = { ...usual, distance: 3, neighbours: 2, worstUnit: 1 }
  expect(confidenceOf({ ...heard, distance: 1 })).toBeLessThan(confidenceOf(heard))
  expect(confidenceOf({ ...heard, firstGap: 1.5 })).toBeLessThan(confidenceOf(heard))
  expect(confidenceOf({ ...heard, again: 1, worse: 1 })).toBeLessThan(confidenceOf(heard))
})
