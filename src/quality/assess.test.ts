import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Evidence, Fit } from '../ctc/evidence.ts'
import type { TimedLine } from '../lyrics/assemble.ts'
import type { LineKind } from '../types.ts'
import { assess } from './assess.ts'

const GOOD: Fit = { deficit: 1, letters: 20 }
const CHANCE: Fit = { deficit: 4, letters: 20 }
const DECOYS: Fit[] = [3.6, 3.8, 4, 4.2, 4.4].map((deficit) => ({ deficit, letters: 20 }))

function timed(kinds: LineKind[], located = true): TimedLine[] {
  return kinds.map((kind, index) => {
    const units = kind === 'sung' ? [{ text: 'la', start: index, end: index + 1, confidence: 0 }] : []
    const line = { index, text: `line ${index}`, kind, sung: kind === 'sung' ? 'la' : '' }
    return { line, units, located: located && kind === 'sung', start: index, end: index + 1 }
  })
}

function evidence(lines: (Fit | undefined)[], more: Partial<Evidence> = {}): Evidence {
  const units = lines.filter((fit) => fit !== undefined)
  return { lines, units, decoys: DECOYS, voiced: lines.map(() => 0.9), unclaimedSeconds: 0, ...more }
}

test('lines that the sound supports are aligned, the others suspect, and the verdict counts them', () => {
  const fits = [GOOD, GOOD, GOOD, GOOD, CHANCE]
  const { lines, verdict } = assess(timed(['sung', 'sung', 'sung', 'sung', 'sung']), evidence(fits))
  expect(lines.map(({ status }) => status)).toEqual(['aligned', 'aligned', 'aligned', 'aligned', 'suspect'])
  expect(verdict).toMatchObject({ level: 'good', sungLines: 5, alignedLines: 4 })
  expect(verdict.reasons).toEqual([expect.stringContaining('1 of 5 sung lines are suspect')])
})

test('markers and blank lines are not judged and do not count', () => {
  const { lines, verdict } = assess(
    timed(['marker', 'sung', 'blank']),
    evidence([undefined, GOOD], { units: [GOOD], voiced: [undefined, 0.9] }),
  )
  expect(lines.map(({ status, confidence }) => [status, confidence === null])).toEqual([
    ['marker', true],
    ['aligned', false],
    ['blank', true],
  ])
  expect(verdict).toMatchObject({ sungLines: 1, alignedLines: 1, reasons: [] })
})

test('a text that fits like chance is unreliable, and the first reason says so', () => {
  const { verdict } = assess(timed(['sung', 'sung', 'sung']), evidence([CHANCE, CHANCE, CHANCE]))
  expect(verdict.level).toBe('unreliable')
  expect(verdict.reasons[0]).toContain('hardly better than chance')
})

test('a line that is likelier there than not is no good song by itself', () => {
  const unsure: Fit = { deficit: 3.7, letters: 20 }
  const { lines, verdict } = assess(timed(['sung']), evidence([unsure]))
  expect(lines[0]!.status).toBe('aligned')
  expect(lines[0]!.confidence).toBeLessThan(0.8)
  expect(verdict).toMatchObject({ level: 'mixed', reasons: [expect.stringContaining('too little of it')] })
})

test('a line stretched over instruments loses its confidence', () => {
  const fits = [GOOD, GOOD, GOOD, GOOD]
  const { lines } = assess(
    timed(['sung', 'sung', 'sung', 'sung']),
    evidence(fits, { voiced: [0.9, 0.05, 0.9, undefined] }),
  )
  expect(lines.map(({ status }) => status)).toEqual(['aligned', 'suspect', 'aligned', 'aligned'])
})

test('a line of which nothing was found is interpolated, with confidence 0', () => {
  const { lines, verdict } = assess(
    timed(['sung'], false),
    evidence([undefined], { units: [undefined], decoys: [] }),
  )
  expect(lines[0]).toMatchObject({ status: 'interpolated', confidence: 0 })
  expect(lines[0]!.units[0]!.confidence).toBe(0)
  expect(verdict.level).toBe('unreliable')
  expect(verdict.confidence).toBe(0)
})

test('singing in no line is said even when every line is found', () => {
  const { verdict } = assess(timed(['sung']), evidence([GOOD], { unclaimedSeconds: 27.4 }))
  expect(verdict.reasons).toEqual([expect.stringContaining('About 27 s of singing are in no line')])
})

test('whatever the evidence, every line has a status of its kind, and every confidence is from 0 to 1', () => {
  const deficit = fc.oneof(fc.double({ min: 0, max: 40, noNaN: true }), fc.constantFrom(0, 1e-9, 1e6))
  const fit = fc.record({ deficit, letters: fc.integer({ min: 1, max: 300 }) })
  const lineOf = fc.record({
    kind: fc.constantFrom<LineKind>('sung', 'sung', 'marker', 'blank'),
    located: fc.boolean(),
    fit: fc.option(fit, { nil: undefined }),
    voiced: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  })
  const lines = fc.array(lineOf, { minLength: 1, maxLength: 30 })
  const seconds = fc.double({ min: 0, max: 300, noNaN: true })
  fc.assert(
    fc.property(lines, fc.array(fit, { minLength: 1 }), seconds, (given, decoys, unclaimedSeconds) => {
      fc.pre(given.some(({ kind }) => kind === 'sung'))
      const song = timed(given.map(({ kind }) => kind)).map((line, i) => ({
        ...line,
        located: line.line.kind === 'sung' && given[i]!.located,
      }))
      const { lines, verdict } = assess(song, {
        lines: given.map((line, i) => (song[i]!.located ? line.fit : undefined)),
        units: given.filter(({ kind }) => kind === 'sung').map((line) => line.fit),
        voiced: given.map((line) => line.voiced),
        decoys,
        unclaimedSeconds,
      })
      const inRange = (value: number) => value >= 0 && value <= 1
      expect(lines.map(({ text }) => text)).toEqual(song.map(({ line }) => line.text))
      lines.forEach(({ status, confidence, units, start, end }, i) => {
        const { line, located } = song[i]!
        if (line.kind !== 'sung') expect([status, confidence]).toEqual([line.kind, null])
        else {
          expect(located ? ['aligned', 'suspect'] : ['interpolated']).toContain(status)
          expect(inRange(confidence!)).toBe(true)
        }
        expect({ start, end }).toEqual({ start: song[i]!.start, end: song[i]!.end })
        expect(units.every((unit) => inRange(unit.confidence))).toBe(true)
      })
      expect(inRange(verdict.confidence)).toBe(true)
      expect(verdict.alignedLines).toBe(lines.filter(({ status }) => status === 'aligned').length)
      expect(verdict.sungLines).toBe(lines.filter(({ confidence }) => confidence !== null).length)
    }),
    { numRuns: 500 },
  )
})
