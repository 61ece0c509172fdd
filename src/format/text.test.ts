import fc from 'fast-check'
import { expect, test } from 'vitest'
import { oneLine } from './text.ts'

const TIME_TAGS = /\[\d+:\d{1,2}(?:[.:]\d{1,3})?\]|<\d+:\d{1,2}(?:[.:]\d{1,3})?>/g

test('tags are taken out until there is none, also of those that come to be on the way', () => {
  const piece = fc.constantFrom(
    '[',
    ']',
    '<',
    '>',
    ':',
    '.',
    '0',
    '00:01',
    '[00:',
    '01.5]',
    'a',
    ' ',
    '\n',
    '\0',
    '\ud800',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
      let expected = pieces.join('').replace(/[\u0000-\u001f]+/g, ' ')
      while (expected.search(TIME_TAGS) >= 0) expected = expected.replace(TIME_TAGS, '')
      expect(oneLine(pieces.join(''))).toBe(expected)
    }),
    { numRuns: 2_000 },
  )
})

test('a line as long as the limit takes no more time for tags in tags', () => {
  const depth = 25_000
  expect(oneLine(`a${'[00:'.repeat(depth)}01]${'02]'.repeat(depth - 1)}b`)).toBe('ab')
  expect(oneLine(']'.repeat(200_000))).toHaveLength(200_000)
  expect(oneLine('[0'.repeat(100_000))).toHaveLength(200_000)
})
