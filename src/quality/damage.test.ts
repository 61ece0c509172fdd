import { expect, test } from 'vitest'
import type { AlignedLine, LineStatus } from '../types.ts'
import { withDamage } from './damage.ts'

const line = (start: number, end: number, status: LineStatus = 'aligned'): AlignedLine => ({
  start,
  end,
  text: 'la',
  status,
  confidence: 0.9,
  units: [],
  occurrences: [],
})
const lines = [line(0, 2), line(2, 4), line(4, 4, 'blank'), line(5, 7), line(8, 8)]
const verdict = {
  level: 'good' as const,
  sungLines: 4,
  alignedLines: 4,
  confidence: 0.9,
  covered: 1,
  sung: 1,
  reasons: [],
}

test('a line that overlaps a damaged stretch is suspect, one that only touches it is not', () => {
  const answer = withDamage({ lines, verdict, performance: [], extra: [] }, [
    { start: 4, end: 5.5 },
    { start: 7.9, end: 8.1 },
  ])
  expect(answer.lines.map(({ status }) => status)).toEqual([
    'aligned',
    'aligned',
    'blank',
    'suspect',
    'suspect',
  ])
  expect(answer.verdict).toMatchObject({ level: 'mixed', alignedLines: 2 })
  expect(answer.verdict.reasons).toEqual([
    'The recording is damaged for 1.70 s (2 stretches, the first from 4.00 to 5.50 s): nothing could be heard there.',
  ])
})

test('without damage nothing changes', () => {
  const assessment = { lines, verdict, performance: [], extra: [] }
  expect(withDamage(assessment, [])).toBe(assessment)
})
