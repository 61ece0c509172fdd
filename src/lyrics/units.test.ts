import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SUPPORTED_LANGUAGES } from './language.ts'
import { parseLyrics } from './parse.ts'
import { unitsOf } from './units.ts'

const show = (lyrics: string, language: string) =>
  unitsOf(parseLyrics(lyrics), language).map(
    ({ text, romanized, language }) => `${text} ${romanized} ${language}`,
  )

test('words in English, characters in Chinese, each in its own language', () => {
  expect(show('I love 祢', 'zh')).toEqual(['I i en', 'love love en', '祢 ni zh'])
})

test('morae and the kanji of one word in Japanese', () => {
  expect(show('君を愛してるbaby', 'ja')).toEqual([
    '君 kimi ja',
    'を wo ja',
    '愛 ai ja',
    'し shi ja',
    'て te ja',
    'る ru ja',
    'baby baby en',
  ])
})

test('words between spaces in Korean and Russian', () => {
  expect(show('사랑해요 주님\nЯ люблю', '')).toEqual([
    '사랑해요 saranghaeyo ko',
    '주님 junim ko',
    'Я ya ru',
    'люблю lyublyu ru',
  ])
})

test('a character takes the reading of its word, in its own place', () => {
  expect(show('重新背起重擔', 'zh').map((unit) => unit.split(' ')[1])).toEqual([
    'chong',
    'xin',
    'bei',
    'qi',
    'zhong',
    'dan',
  ])
})

test('punctuation belongs to the word it stands by', () => {
  expect(show('“Sing” (it), ‘cause — ok! 🙏', 'en').map((unit) => unit.replace(/ [a-z]+ en$/, ''))).toEqual([
    '“Sing”',
    '(it),',
    '‘cause —',
    'ok! 🙏',
  ])
  expect(show('「祢」，愛！', 'zh')).toEqual(['「祢」， ni zh', '愛！ ai zh'])
})

test('a number is one unit, heard as words without spaces', () => {
  expect(show('10,000 reasons', 'en')[0]).toBe('10,000 tenthousand en')
})

test('units carry the index of their line; markers and blank lines have none', () => {
  const units = unitsOf(parseLyrics('[Verse]\nHoly holy\n\n(x2)\nAmen'), 'en')
  expect(units.map(({ line, text }) => [line, text])).toEqual([
    [1, 'Holy'],
    [1, 'holy'],
    [4, 'Amen'],
  ])
})

test('every sung line has units that make it up again, in order', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc
      .array(
        fc.constantFrom(
          '我',
          '愛',
          'した',
          'っ',
          '한글',
          'love',
          "don't",
          '10',
          '(',
          ')',
          '"',
          ' ',
          '，',
          '🙏',
          '—',
          '&',
          '々',
          '\ud800',
        ),
      )
      .map((pieces) => pieces.join('')),
  )
  const languages = fc.constantFrom('', ...Object.keys(SUPPORTED_LANGUAGES))
  fc.assert(
    fc.property(fc.array(line, { maxLength: 4 }), languages, (texts, language) => {
      const lines = parseLyrics(texts.join('\n'))
      const units = unitsOf(lines, language)
      for (const { index, sung } of lines) {
        const own = units.filter((unit) => unit.line === index)
        let at = 0
        for (const { text, romanized } of own) {
          const found = sung.indexOf(text, at)
          expect(sung.slice(at, found).trim()).toBe('')
          expect(romanized).toMatch(/^[a-z']*$/)
          expect(text).not.toBe('')
          at = found + text.length
        }
        expect(sung.slice(at)).toBe('')
      }
      expect(units.map((unit) => unit.line)).toEqual(units.map((unit) => unit.line).sort((a, b) => a - b))
    }),
    { numRuns: 1_500, seed: 31 },
  )
})

test('reading stops before the line at which its checkpoint throws', () => {
  const text = 'a line\n'.repeat(1000)
  for (const read of [
    parseLyrics,
    (_: string, checkpoint: () => void) => unitsOf(parseLyrics(text), 'en', checkpoint),
  ]) {
    let lines = 0
    const checkpoint = () => {
      if (++lines === 3) throw new Error('enough')
    }
    expect(() => read(text, checkpoint)).toThrow('enough')
    expect(lines).toBe(3)
  }
})
