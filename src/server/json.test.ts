import { expect, test } from 'vitest'
import { AlignError } from '../errors.ts'
import { parsedJson } from './json.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

function refusalOf(text: string): AlignError {
  try {
    parsedJson(bytes(text))
  } catch (error) {
    if (error instanceof AlignError) return error
    throw error
  }
  throw new Error('Expected the body to be refused')
}

test('JSON is read; brackets, commas and quotes within texts count for nothing', () => {
  const value = {
    lyrics_text: `${'['.repeat(100)}"\\" ,,, {{{ ${','.repeat(60_000)} 愛\\`,
    items: [{ a: [1] }],
  }
  expect(parsedJson(bytes(JSON.stringify(value)))).toEqual(value)
})

test.each([
  [
    'an array in 2,000 arrays',
    '{"lyrics_text":'.concat('['.repeat(2_000), ']'.repeat(2_000), '}'),
    'nested at most 8',
  ],
  ['objects in objects', `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`, 'nested at most 8'],
  ['brackets that are never closed', '['.repeat(4_000_000), 'nested at most 8'],
  ['a million empty objects', `[${'{},'.repeat(1_000_000)}{}]`, 'of at most 50000'],
  ['a million numbers', `[${'1,'.repeat(1_000_000)}1]`, 'of at most 50000'],
])('%s are refused before they are parsed', (_, text, expected) => {
  const parse = JSON.parse
  let parsed = 0
  JSON.parse = (...given: Parameters<typeof parse>) => {
    parsed++
    return parse(...given)
  }
  try {
    expect(refusalOf(text)).toMatchObject({
      code: 'BODY_INVALID',
      message: expect.stringContaining(expected),
    })
  } finally {
    JSON.parse = parse
  }
  expect(parsed).toBe(0)
})

test('what is no JSON is refused without its words', () => {
  for (const text of ['{"lyrics_text": "secret', 'secret', '{"a":}', '"\\', ']]]]', '']) {
    expect(refusalOf(text).message).toBe('Expected JSON in UTF-8, got something else')
  }
})
