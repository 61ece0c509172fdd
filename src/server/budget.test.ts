import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBudget, inflightBytes } from './budget.ts'

test('never more is held than there is, and what is freed is there for others', () => {
  const step = fc.record({
    who: fc.nat(3),
    what: fc.constantFrom('take', 'check', 'free'),
    bytes: fc.nat(700),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const budget = createBudget(1000)
      const holds = Array.from({ length: 4 }, budget.open)
      const model = [0, 0, 0, 0]
      for (const { who, what, bytes } of steps) {
        const sum = model.reduce((a, b) => a + b, 0)
        if (what === 'free') {
          holds[who]!.free()
          model[who] = 0
        } else if (model[who]! + bytes > 1000) {
          expect(() => holds[who]![what](bytes)).toThrow(expect.objectContaining({ code: 'AUDIO_TOO_LARGE' }))
        } else if (sum + bytes > 1000) {
          expect(() => holds[who]![what](bytes)).toThrow(expect.objectContaining({ code: 'QUEUE_FULL' }))
        } else {
          holds[who]![what](bytes)
          if (what === 'take') model[who]! += bytes
        }
        expect(budget.held()).toBe(model.reduce((a, b) => a + b, 0))
      }
    }),
  )
})

test('where nothing is set it is a share of the memory, and at most 1 GiB', () => {
  expect(inflightBytes({ maxInflightBytes: 70_000 })).toBe(70_000)
  const share = inflightBytes({ maxInflightBytes: undefined })
  expect(share).toBeGreaterThan(0)
  expect(share).toBeLessThanOrEqual(2 ** 30)
})
