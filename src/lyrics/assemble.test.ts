import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LineKind, LyricLine, Unit, UnitSpan } from '../types.ts'
import { assemble, layOut, type TimedLine } from './assemble.ts'

const DURATION = 100

function song(kinds: LineKind[], unitsPerLine = 2): { lines: LyricLine[]; units: Unit[] } {
  const lines = kinds.map((kind, index): LyricLine => {
    const text = kind === 'sung' ? `line ${index}` : kind === 'marker' ? '[Verse]' : ''
    return { index, kind, text, sung: kind === 'sung' ? text : '' }
  })
  const sung = lines.filter(({ kind }) => kind === 'sung')
  const units = sung.flatMap(({ index }) =>
    Array.from(
      { length: unitsPerLine },
      (_, k): Unit => ({ line: index, text: `u${k}`, language: 'en', romanized: 'a' }),
    ),
  )
  return { lines, units }
}

/** Lines of which something was heard are sung once, in order, as the search with `strict` has it. */
function written(
  lines: readonly LyricLine[],
  units: readonly Unit[],
  spans: readonly (UnitSpan | null)[],
  duration: number,
): TimedLine[] {
  const heard = lines.filter(({ index }) => units.some(({ line }, i) => line === index && spans[i]))
  const visit = new Map(heard.map(({ index }, i) => [index, i]))
  const kept = units.flatMap((unit, i) => {
    const line = visit.get(unit.line)
    return line === undefined ? [] : [{ unit: { ...unit, line }, span: spans[i]! }]
  })
  const timed = assemble(
    heard.length,
    kept.map(({ unit }) => unit),
    kept.map(({ span }) => span),
    duration,
  )
  return layOut(lines, units, new Map(heard.map(({ index }, i) => [index, timed[i]!])), duration)
}

const at = (start: number, end: number): UnitSpan => ({ start, end, confidence: 1 })

test('a sung line lasts from its first unit to its last', () => {
  const { lines, units } = song(['sung', 'sung'])
  const [first, second] = written(lines, units, [at(1, 2), at(3, 4), at(10, 11), at(12, 13)], DURATION)
  expect(first).toMatchObject({ start: 1, end: 4, located: true })
  expect(second).toMatchObject({ start: 10, end: 13 })
})

test('a marker stands where the next line starts, a blank line where the last one ends', () => {
  const { lines, units } = song(['marker', 'sung', 'blank', 'marker', 'blank', 'sung', 'blank'], 1)
  const starts = written(lines, units, [at(5, 6), at(20, 22)], DURATION).map(({ start }) => start)
  expect(starts).toEqual([5, 5, 6, 20, 20, 20, 22])
})

test('lines nobody can pronounce share the gap between their neighbours', () => {
  const { lines, units } = song(['sung', 'sung', 'sung', 'sung'], 1)
  const timed = written(lines, units, [at(1, 2), null, null, at(8, 9)], DURATION)
  expect(timed.map(({ start, end, located }) => [start, end, located])).toEqual([
    [1, 2, true],
    [2, 5, false],
    [5, 8, false],
    [8, 9, true],
  ])
  expect(timed[1]!.units[0]).toMatchObject({ start: 2, end: 5, confidence: 0 })
})

test('an unheard word inside a heard line takes no time and keeps its place', () => {
  const { lines, units } = song(['sung'], 3)
  const [line] = written(lines, units, [at(1, 2), null, at(4, 5)], DURATION)
  expect(line!.units.map(({ start }) => start)).toEqual([1, 4, 4])
})

test('as many lines as came, in their order; starts never decrease; all within the recording', () => {
  const kind = fc.constantFrom<LineKind>('sung', 'sung', 'marker', 'blank')
  const time = fc.double({ min: 0, max: DURATION, noNaN: true })
  const input = fc.record({
    kinds: fc.array(kind, { maxLength: 30 }),
    times: fc.array(time, { minLength: 90, maxLength: 90 }),
    heard: fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
  })
  fc.assert(
    fc.property(input, ({ kinds, times, heard }) => {
      const { lines, units } = song(kinds)
      const starts = times.slice(0, units.length).sort((a, b) => a - b)
      const spans = units.map((_, i) =>
        heard[i] ? at(starts[i]!, Math.min(DURATION, starts[i]! + times[89 - i]!)) : null,
      )
      const timed = written(lines, units, spans, DURATION)
      expect(timed.map(({ line }) => line)).toEqual(lines)
      let now = 0
      for (const { start, end, units } of timed) {
        expect(start).toBeGreaterThanOrEqual(now)
        expect(end).toBeGreaterThanOrEqual(start)
        expect(end).toBeLessThanOrEqual(DURATION)
        for (const unit of units) {
          expect(unit.start).toBeGreaterThanOrEqual(start)
          expect(unit.end).toBeLessThanOrEqual(end + 1e-9)
        }
        now = start
      }
    }),
  )
})

test('whatever spans come, even ones that go back or beyond the recording, the times keep their order', () => {
  const kind = fc.constantFrom<LineKind>('sung', 'sung', 'marker', 'blank')
  const time = fc.oneof(fc.double({ min: -50, max: 2 * DURATION, noNaN: true }), fc.constantFrom(0, DURATION))
  const span = fc.option(fc.tuple(time, time).map(([start, end]) => at(start, end)))
  const input = fc.record({
    kinds: fc.array(kind, { maxLength: 20 }),
    perLine: fc.integer({ min: 1, max: 3 }),
    spans: fc.array(span, { minLength: 60, maxLength: 60 }),
    duration: fc.constantFrom(0, 0.02, DURATION),
  })
  fc.assert(
    fc.property(input, ({ kinds, perLine, spans, duration }) => {
      const { lines, units } = song(kinds, perLine)
      const timed = written(lines, units, spans.slice(0, units.length), duration)
      expect(timed.map(({ line }) => line)).toEqual(lines)
      expect(timed.flatMap((line) => line.units.map(({ text }) => text))).toEqual(
        units.map(({ text }) => text),
      )
      let now = 0
      for (const span of timed.flatMap((line) => [line, ...line.units])) {
        expect(span.start).toBeGreaterThanOrEqual(now - 1e-9)
        expect(span.end).toBeGreaterThanOrEqual(span.start)
        expect(span.end).toBeLessThanOrEqual(duration + 1e-9)
        now = span.start
      }
      const starts = timed.map(({ start }) => start)
      expect(starts).toEqual([...starts].sort((a, b) => a - b))
    }),
    { numRuns: 500 },
  )
})

test('a text whose blocks are sung in another order keeps the true times, and what is between has no negative length', () => {
  const { lines, units } = song(['sung', 'sung', 'sung'], 1)
  const found = new Map([
    [0, { start: 20, end: 21, units: [] }],
    [2, { start: 5, end: 6, units: [] }],
  ])
  const timed = layOut(lines, units, found, DURATION)
  expect(timed.map(({ start, end }) => [start, end])).toEqual([
    [20, 21],
    [21, 21],
    [5, 6],
  ])
})
