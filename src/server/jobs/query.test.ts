import fc from 'fast-check'
import { expect, test } from 'vitest'
import { idempotencyKeyOf } from './accept.ts'
import { oneOf, wholeNumber } from './query.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^[ +-]?\d{0,20}(\.\d|e\d)?$/),
  fc.constantFrom('', '0', '00', '9007199254740993', '0x10', 'Infinity', '١'),
)

test('any text is a whole number within bounds, as it was written, or refused', () => {
  fc.assert(
    fc.property(text, fc.nat(50), fc.nat(), (given, from, more) => {
      try {
        const value = wholeNumber('after', given, [from, from + more], undefined)!
        expect(String(value)).toBe(given.replace(/^0+(?=\d)/, ''))
        expect(value >= from && value <= from + more).toBe(true)
      } catch (error) {
        expect(error).toMatchObject({
          code: 'BODY_INVALID',
          message: expect.stringMatching(/^after: expected/),
        })
      }
    }),
    { numRuns: 1_000 },
  )
  expect(wholeNumber('after', null, [0, 9], 4)).toBe(4)
  expect(() => wholeNumber('after', '', [0, 9], 4)).toThrow('got ""')
})

test('any text is one of the words or refused', () => {
  const words = ['queued', 'done'] as const
  fc.assert(
    fc.property(fc.oneof(text, fc.constantFrom(...words, 'toString', '__proto__')), (given) => {
      try {
        expect(oneOf('state', given, words)).toBe(given)
        expect(words).toContain(given)
      } catch (error) {
        expect(error).toMatchObject({ code: 'BODY_INVALID' })
        expect(words).not.toContain(given)
      }
    }),
  )
})

test('any Idempotency-Key that a header can hold is taken as it is or refused', () => {
  const value = fc.oneof(fc.string({ minLength: 1, maxLength: 210 }), fc.string({ unit: 'binary' }))
  fc.assert(
    fc.property(value, (given) => {
      const headers = headersOf(given)
      fc.pre(headers !== undefined)
      try {
        expect(idempotencyKeyOf(headers)).toBe(headers.get('idempotency-key'))
        expect(headers.get('idempotency-key')).toMatch(/^[!-~]{1,200}$/)
      } catch (error) {
        expect(error).toMatchObject({ code: 'BODY_INVALID' })
      }
    }),
  )
})

function headersOf(key: string): Headers | undefined {
  try {
    return new Headers({ 'idempotency-key': key })
  } catch {
    return undefined // no header may hold it
  }
}
