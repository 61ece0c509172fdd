import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AlignError } from '../errors.ts'
import { checkLyrics, parseLyrics } from './parse.ts'
import { checkLyricsSize, MAX_LINE_CHARACTERS, MAX_LYRIC_CHARACTERS, MAX_LYRIC_LINES } from './size.ts'

const texts = (lyrics: string) => parseLyrics(lyrics).map(({ text }) => text)
const only = (line: string) => parseLyrics(`${line}\n`)[0]!

describe('one entry for every line of the input', () => {
  test.each([
    ['', []],
    ['\n', ['']],
    ['a\n', ['a']],
    ['a\n\n', ['a', '']],
    ['a\r\nb\rc\nd', ['a', 'b', 'c', 'd']],
    ['\ufeffa', ['a']],
    ['  a \n\n\tb\u3000', ['  a ', '', '\tb\u3000']],
    ['a\u2028b', ['a\u2028b']],
  ])('%j', (lyrics, lines) => {
    expect(texts(lyrics)).toEqual(lines)
  })

  test('whatever the lines hold, they come back byte for byte', () => {
    const line = fc
      .oneof(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'grapheme' }),
        fc.stringMatching(/^[[\]<>():x0-9. A-G#]{0,20}$/),
      )
      .map((text) => text.replace(/[\r\n\ufeff]/g, ''))
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), fc.constantFrom('\n', '\r\n', '\r'), (lines, end) => {
        const parsed = parseLyrics(lines.map((text) => text + end).join(''))
        expect(parsed.map(({ text }) => text)).toEqual(lines)
        expect(parsed.map(({ index }) => index)).toEqual(lines.map((_, at) => at))
        for (const { kind, sung } of parsed) {
          expect(sung !== '').toBe(kind === 'sung')
          expect(sung).toBe(sung.normalize('NFC').trim())
        }
      }),
      { numRuns: 1_000, seed: 21 },
    )
  })
})

test.each([
  ['', 'blank', ''],
  ['\u3000 \t\u200b\u00a0\u3164', 'blank', ''],
  ['[Verse 1]', 'marker', ''],
  ['♪', 'marker', ''],
  ['---', 'marker', ''],
  ['🙏🏽', 'marker', ''],
  ['G  D/F#  Em7', 'marker', ''],
  ['  Amazing\u3000 grace ', 'sung', 'Amazing grace'],
  ['cafe\u0301', 'sung', 'café'],
  ['A\u0000men\ud800', 'sung', 'A men'],
  ['\u200bHal\u00adle\u200blujah\u200f', 'sung', 'Hallelujah'],
  ['שלום עולם', 'sung', 'שלום עולם'],
  ['♪ la la ♪ 🙏', 'sung', '♪ la la ♪ 🙏'],
  ['Hallelujah (x2)', 'sung', 'Hallelujah'],
  ['[G] [D]', 'marker', ''],
  ['<i>Grace &amp; peace</i>, it&#39;s &quot;His&quot;<br/>', 'sung', 'Grace & peace, it\'s "His"'],
  ['<ruby>主<rp>(</rp><rt>しゅ</rt><rp>)</rp></ruby>を', 'sung', '主(しゅ)を'],
  ['3 < 4 and 5 > 2', 'sung', '3 < 4 and 5 > 2'],
])('%j is %s, sung %j', (text, kind, sung) => {
  expect(only(text)).toMatchObject({ text, kind, sung })
})

test.each([
  ['[00:12.34]Amazing grace', 'Amazing grace', 12.34],
  ['[01:02.5] [03:00.00]Amazing grace', 'Amazing grace', 62.5],
  ['[00:12:50]Amazing', 'Amazing', 12.5],
  ['[00:12]Amazing', 'Amazing', 12],
  ['[01:02:03.45]Amazing', 'Amazing', 3723.45],
  ['[00:12.00]<00:12.00>Amazing <00:13.100>grace', 'Amazing grace', 12],
  ['[00:12.00]Amazing [00:13.00]grace[00:14.00]', 'Amazing grace', 12],
])('the LRC tags of %j are hints, not sung', (text, sung, hint) => {
  expect(only(text)).toEqual({ index: 0, text, kind: 'sung', sung, hint })
})

test('a line of an LRC tag alone is blank, LRC metadata are markers', () => {
  expect(only('[00:12.00]')).toMatchObject({ kind: 'blank', hint: 12 })
  expect(only('[ti:Amazing Grace]').kind).toBe('marker')
  expect(only('Amazing grace')).not.toHaveProperty('hint')
})

function errorOf(action: () => void): AlignError {
  try {
    action()
  } catch (error) {
    if (error instanceof AlignError) return error
    throw error
  }
  throw new Error('Expected an AlignError, got none')
}

test.each([
  ['', 'an empty text'],
  [' \n', 'one blank line'],
  ['\n \n', '2 blank lines'],
  ['[Verse]\n\n', 'only section markers and blank lines (such as "[Verse]")'],
])('lyrics of %j are refused', (lyrics, what) => {
  const { code, message } = errorOf(() => checkLyrics(parseLyrics(lyrics)))
  expect(code).toBe('LYRICS_EMPTY')
  expect(message).toBe(`Expected at least one sung line of lyrics, got ${what}`)
})

test('lyrics at the limits pass, one more line or character is refused', () => {
  checkLyrics(parseLyrics('a\n'.repeat(MAX_LYRIC_LINES)))
  const line = `${'a'.repeat(MAX_LINE_CHARACTERS - 1)}\n`
  const most = line.repeat(MAX_LYRIC_CHARACTERS / MAX_LINE_CHARACTERS)
  checkLyricsSize(most)
  checkLyrics(parseLyrics(most))
  for (const refused of [
    () => checkLyricsSize(`\r\n${'a'.repeat(MAX_LINE_CHARACTERS + 1)}\r\n`),
    () => checkLyrics(parseLyrics(`b\n${'a'.repeat(MAX_LINE_CHARACTERS + 1)}`)),
    () => checkLyrics(parseLyrics('a\n'.repeat(MAX_LYRIC_LINES + 1))),
    () => checkLyrics(parseLyrics('a'.repeat(MAX_LYRIC_CHARACTERS + 1))),
    () => checkLyricsSize('a'.repeat(MAX_LYRIC_CHARACTERS + 1)),
  ]) {
    expect(errorOf(refused).code).toBe('LYRICS_TOO_LARGE')
  }
})

test('a line that is too long is named, the same way before and after lyrics are read', () => {
  const lyrics = `\ufeffla\r\n${'a'.repeat(MAX_LINE_CHARACTERS + 1)}\r\n${'a'.repeat(MAX_LINE_CHARACTERS + 2)}`
  const message = `Expected lines of at most ${MAX_LINE_CHARACTERS} characters, got ${MAX_LINE_CHARACTERS + 1} in line 2`
  for (const check of [() => checkLyricsSize(lyrics), () => checkLyrics(parseLyrics(lyrics))]) {
    expect(errorOf(check)).toMatchObject({ code: 'LYRICS_TOO_LARGE', message })
  }
})

test('more marks upon one letter than any script needs are left out of what is sung, not of the text', () => {
  const marks = '\u0301\u0316'.repeat(1_000)
  const { text, sung } = only(`a${marks}b`)
  expect(text).toBe(`a${marks}b`)
  expect(sung).toBe(`a${marks.slice(0, 32)}b`.normalize('NFC'))
  expect(only(`a${marks.slice(0, 32)}b`).sung).toBe(sung)
})

test('any text at all becomes the lines it has, byte for byte, or lyrics that are refused with a code', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 10 }),
    fc.constantFrom(
      '\r',
      '\n',
      '\r\n',
      '\0',
      '\ud800',
      '\udc00',
      '\ufeff',
      '\u2028',
      '\u0085',
      '\v',
      '[00:',
      '01]',
      '<rt>',
    ),
  )
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(text, (lyrics) => {
      const parsed = parseLyrics(lyrics)
      // Told in another way than the code does it: the line ends are taken out one after the other.
      const rest = parsed.reduce(
        (left, { text }) => {
          expect(left.startsWith(text)).toBe(true)
          return left.slice(text.length).replace(/^(\r\n|\n|\r)/, '')
        },
        lyrics.replace(/^\ufeff/, ''),
      )
      expect(rest).toBe('')
      expect(parsed.every(({ text }) => !/[\r\n]/.test(text))).toBe(true)
      try {
        checkLyrics(parsed)
        expect(parsed.some(({ kind }) => kind === 'sung')).toBe(true)
      } catch (error) {
        expect((error as AlignError).code).toBe('LYRICS_EMPTY')
      }
    }),
    { numRuns: 1_000, seed: 22 },
  )
})

test('what is refused before lyrics are read is counted as parseLyrics counts it', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('\n', '\r', ' ', '\ufeff', '\t') }), (blank) => {
      const refusal = (check: () => void) => {
        try {
          check()
        } catch (error) {
          return (error as AlignError).message
        }
        return undefined
      }
      expect(refusal(() => checkLyricsSize(blank))).toBe(refusal(() => checkLyrics(parseLyrics(blank))))
    }),
  )
  expect(() => checkLyricsSize('a\r\n'.repeat(MAX_LYRIC_LINES))).not.toThrow()
  expect(() => checkLyricsSize(`${'a\r\n'.repeat(MAX_LYRIC_LINES)}a`)).toThrow(`got ${MAX_LYRIC_LINES + 1}`)
})
