import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { percentageOf } from '../server/jobs/progress.ts'
import { STAGES } from '../types.ts'
import { shareDone } from './stage-shares.ts'

describe.each(['ctc', 'qwen3'] as const)('the share that is done, engine %s', (engine) => {
  test('grows from 0 to 1 over the stages, without a step between two of them', () => {
    expect(shareDone({ stage: 'queued', fraction: 1 }, engine)).toBe(0)
    expect(shareDone({ stage: 'done', fraction: 1 }, engine)).toBe(1)
    for (const [i, stage] of STAGES.entries()) {
      const next = STAGES[i + 1]
      const end = shareDone({ stage, fraction: 1 }, engine)
      expect(end).toBeGreaterThanOrEqual(shareDone({ stage, fraction: 0 }, engine))
      if (next) expect(shareDone({ stage: next, fraction: 0 }, engine)).toBe(end)
    }
  })

  test('is what the percentage of a job says, which is 100 only when its result is kept', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...STAGES),
        fc.double({ min: -1, max: 2, noNaN: true }),
        (stage, fraction) => {
          const share = shareDone({ stage, fraction }, engine)
          expect(percentageOf({ stage, fraction }, engine)).toBe(Math.min(99, Math.floor(100 * share)))
          expect(share).toBeGreaterThanOrEqual(0)
          expect(share).toBeLessThanOrEqual(1)
        },
      ),
    )
  })
})

test('most of the time is hearing, and with Qwen3 refining', () => {
  const of = (stage: 'listening' | 'refining', engine: 'ctc' | 'qwen3') =>
    shareDone({ stage, fraction: 1 }, engine) - shareDone({ stage, fraction: 0 }, engine)
  expect(of('listening', 'ctc')).toBeGreaterThan(0.5)
  expect(of('refining', 'qwen3')).toBeGreaterThan(0.5)
})
