import fc from 'fast-check'
import { expect, test } from 'vitest'
import { preferredWait } from './prefer.ts'

test('any header is a whole number of seconds above 0, or none', () => {
  const piece = fc.constantFrom(
    'wait',
    '=',
    '"',
    ',',
    ';',
    ' ',
    '0',
    '7',
    '9'.repeat(12),
    '-1',
    'respond-async',
    '\ud800',
  )
  const header = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((pieces) => pieces.join('')),
  )
  fc.assert(
    fc.property(header, (text) => {
      const wait = preferredWait(text)
      expect(wait === undefined || (Number.isSafeInteger(wait) && wait > 0)).toBe(true)
    }),
    { numRuns: 1_000 },
  )
})

test('a wait is found among whatever other preferences stand around it', () => {
  const token = fc.stringMatching(/^[a-z-]{1,8}(=[a-z0-9]{1,4})?$/).filter((text) => !/^wait/.test(text))
  const others = fc.array(token, { maxLength: 3 })
  const seconds = fc.integer({ min: 1, max: 999_999_999 })
  fc.assert(
    fc.property(others, seconds, others, fc.boolean(), (before, wait, after, quoted) => {
      const preference = quoted ? `Wait = "${wait}"` : `wait=${wait}; x=1`
      expect(preferredWait([...before, preference, ...after].join(', '))).toBe(wait)
    }),
  )
})
