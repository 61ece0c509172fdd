import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_DEPTH, MAX_VALUES, parsedJson } from './json.ts'

const parsed = (text: string) => parsedJson(Buffer.from(text))
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const tooDeep = `Expected JSON of at most ${MAX_DEPTH} levels, got more`

describe('JSON', () => {
  test('of as many levels as are allowed is read, of one more it is refused', () => {
    expect(parsed(nested(MAX_DEPTH))).toEqual(JSON.parse(nested(MAX_DEPTH)))
    expect(() => parsed(nested(MAX_DEPTH + 1))).toThrow(tooDeep)
    expect(() => parsed(`${'{"a":'.repeat(MAX_DEPTH + 1)}1${'}'.repeat(MAX_DEPTH + 1)}`)).toThrow(tooDeep)
    expect(() => parsed(`[${nested(3)},${nested(MAX_DEPTH)}]`)).toThrow(tooDeep)
  })

  test('that is cut off is refused by its levels as well', () => {
    expect(() => parsed('['.repeat(1_000_000))).toThrow(tooDeep)
    expect(() => parsed(`"${'\\'.repeat(99_999)}`)).toThrow('Expected JSON in UTF-8')
  })

  test.each(['[', '\\"[', '\\\\', '\\\\\\"{', '歌[', '\\u005b'])('text is text: %s', (piece) => {
    const text = `{"a": "${piece.repeat(100)}", "b": [1]}`
    expect(parsed(text)).toEqual(JSON.parse(text))
  })

  test('of more values than are allowed is refused before it is made', () => {
    expect(parsed(`[${'1,'.repeat(MAX_VALUES - 1)}1]`)).toHaveLength(MAX_VALUES)
    for (const value of ['1,', '[],', '{},', '"",']) {
      expect(() => parsed(`[${value.repeat(MAX_VALUES)}1]`)).toThrow(
        `Expected JSON of at most ${MAX_VALUES} values, got more`,
      )
    }
  })

  test('of few levels is what the parser of the runtime makes of it', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: MAX_DEPTH - 1 }), (text) => {
        expect(parsed(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  test('no bytes make anything but a value or BODY_INVALID', () => {
    const bytes = fc.uint8Array({ maxLength: 40 })
    const marks = fc.string({ unit: fc.constantFrom(...'[]{}",:\\1n\0'), maxLength: 40 })
    fc.assert(
      fc.property(
        fc.oneof(
          bytes,
          marks.map((text) => new Uint8Array(Buffer.from(text))),
        ),
        (given) => {
          try {
            parsedJson(given)
          } catch (error) {
            expect(error).toMatchObject({ code: 'BODY_INVALID' })
          }
        },
      ),
    )
  })
})
