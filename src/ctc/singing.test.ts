import fc from 'fast-check'
import { expect, test } from 'vitest'
import { singingOutside } from './singing.ts'

const HOP = 0.1

/** One character a frame: `+` a voice, `-` none. */
function heard(pattern: string) {
  const voice = Float32Array.from(pattern, (character) => (character === '+' ? 0.9 : 0.1))
  return { voice, hop: HOP, frames: pattern.length }
}

test('stretches of a second and more outside of lines are told, shorter ones are not', () => {
  const { extra } = singingOutside(heard(`--${'+'.repeat(9)}--${'+'.repeat(10)}---`), [])
  expect(extra).toEqual([{ start: expect.closeTo(1.3), end: expect.closeTo(2.3) }])
})

test('what lies in a line is none, and the share of it is told', () => {
  const sound = heard('+'.repeat(40))
  const { extra, covered } = singingOutside(sound, [{ start: 1, end: 2 }])
  expect(extra).toEqual([
    { start: 0, end: expect.closeTo(1) },
    { start: expect.closeTo(2), end: expect.closeTo(4) },
  ])
  expect(covered).toBeCloseTo(0.25)
})

test('singing that lasts to the end of the recording ends with it', () => {
  expect(singingOutside(heard(`-${'+'.repeat(20)}`), []).extra).toEqual([
    { start: expect.closeTo(0.1), end: expect.closeTo(2.1) },
  ])
})

test('a model without a voice output, and a recording in which nobody sings, have no share', () => {
  expect(singingOutside({ hop: HOP, frames: 30 }, [])).toEqual({ extra: [], covered: null })
  expect(singingOutside(heard('-'.repeat(30)), [{ start: 0, end: 1 }])).toEqual({ extra: [], covered: null })
})

test('whatever is claimed, stretches are in order, a second long at least, outside of it, and the share is from 0 to 1', () => {
  const pattern = fc.array(fc.constantFrom('+', '+', '+', '-'), { maxLength: 120 }).map((all) => all.join(''))
  const frame = fc.nat(140)
  const spans = fc.array(
    fc.tuple(frame, frame).map(([a, b]) => ({ start: Math.min(a, b) * HOP, end: Math.max(a, b) * HOP })),
    { maxLength: 5 },
  )
  fc.assert(
    fc.property(pattern, spans, (given, claimed) => {
      const { extra, covered } = singingOutside(heard(given), claimed)
      let before = 0
      for (const { start, end } of extra) {
        expect(start).toBeGreaterThanOrEqual(before)
        expect(end - start).toBeGreaterThan(1 - 1e-9)
        expect(end).toBeLessThanOrEqual(given.length * HOP + 1e-9)
        for (const line of claimed) {
          if (line.end > line.start)
            expect(Math.min(end, line.end) - Math.max(start, line.start)).toBeLessThan(1e-9)
        }
        before = end
      }
      expect(covered === null).toBe(!given.includes('+'))
      if (covered !== null) expect(covered >= 0 && covered <= 1).toBe(true)
    }),
  )
})
