import { expect, test } from 'vitest'
import type { AlignedLine, Alignment, Verdict } from '../types.ts'
import { trustReport } from './trust.ts'

function line(text: string, start: number, more: Partial<AlignedLine> = {}): AlignedLine {
  return {
    text,
    start,
    end: start + 1,
    status: 'aligned',
    confidence: 0.9,
    units: [],
    occurrences: [],
    ...more,
  }
}

function alignmentOf(lines: AlignedLine[], verdict: Partial<Verdict>): Alignment {
  const whole: Verdict = {
    level: 'good',
    sungLines: 2,
    alignedLines: 2,
    confidence: 0.9,
    covered: 1,
    sung: 1,
    reasons: [],
  }
  const model = { name: 'test', version: '1', engine: 'ctc' } as const
  return {
    duration: 99,
    language: 'en',
    model,
    lines,
    performance: [],
    extra: [],
    verdict: { ...whole, ...verdict },
  }
}

test('a song that was found whole is one line, and no warning', () => {
  expect(trustReport(alignmentOf([line('One', 1), line('Two', 2)], {}))).toEqual([
    'good: 2 of 2 sung lines were found in the recording',
  ])
})

test('reasons and doubtful lines are warned of, each with its number, time and text', () => {
  const lines = [
    line('[Verse]', 1, { status: 'marker', confidence: null }),
    line(`  ${'long '.repeat(20)}`, 59.996, {
      status: 'suspect',
      confidence: 0.123,
      doubt: { code: 'squeezed', message: 'Too fast.' },
    }),
    line('42', 62, { status: 'interpolated', confidence: 0 }),
    line('Never', 63, { status: 'unsung', confidence: 0 }),
  ]
  const verdict: Partial<Verdict> = { level: 'unreliable', alignedLines: 0, reasons: ['Nothing fits.'] }
  expect(trustReport(alignmentOf(lines, verdict))).toEqual([
    'warning: unreliable: 0 of 2 sung lines were found in the recording',
    'warning: Nothing fits.',
    `warning: line 2 at 01:00.00 is suspect (confidence 0.12): ${'long '.repeat(8)}… Too fast.`,
    'warning: line 3 at 01:02.00 is interpolated: 42',
    'warning: line 4 is not in the recording: Never',
  ])
})
