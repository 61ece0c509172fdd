import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SUPPORTED_LANGUAGES } from './language.ts'
import { readings, romanize } from './romanize.ts'

test.each([
  ["Don't stop ’cause I'm o’er here", 'en', "don't stop cause i'm o'er here"],
  ['I´ll go, I`ll stay', 'en', "i'll go i'll stay"],
  ['Rock ‘n’ roll — wait…what', 'en', 'rock n roll wait what'],
  ['¿Dónde está el niño?', 'es', 'donde esta el nino'],
  ['L’été déjà, ça va, œuvre', 'fr', "l'ete deja ca va oeuvre"],
  ['Schöne Grüße, Ärger', 'de', 'schoene gruesse aerger'],
  ['Perché così', 'it', 'perche cosi'],
  ['Coração, não', 'pt', 'coracao nao'],
  ['Я люблю тебя', 'ru', 'ya lyublyu tebya'],
  ['사랑해요 주님', 'ko', 'saranghaeyo junim'],
  ['독립 신라 같이', 'ko', 'dongnip silla gachi'],
  ['あなたの名前は素晴らしい', 'ja', 'anata no namae wa subarashii'],
  ['我哋一齊敬拜', 'yue', 'ngo dei jat cai ging baai'],
  ['祢的愛長闊高深，重擔都得釋放', 'zh', 'ni de ai chang kuo gao shen zhong dan dou de shi fang'],
  ['我愛你 Jesus 哈利路亞', 'zh', 'wo ai ni jesus ha li lu ya'],
])('%s (%s) is heard as %s', (text, language, heard) => {
  expect(romanize(text, language)).toBe(heard)
})

test('without a language the script decides', () => {
  expect(romanize('愛してる', '')).toBe('aishi teru')
  expect(romanize('我愛你', '')).toBe('wo ai ni')
  expect(romanize('愛の歌', 'zh')).toBe('ai no ge')
})

test('what has no sound is silent', () => {
  expect(romanize('🙏 ♪ … \u0000 \ud800 \u200b', 'en')).toBe('')
})

const languages = fc.constantFrom('', 'auto', ...Object.keys(SUPPORTED_LANGUAGES))
const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.stringMatching(/^[0-9.,:/$%年個stndrh' -]{0,8}$/),
  fc.constantFrom(
    '我',
    '祢',
    '々',
    '한',
    'ㅋ',
    'っ',
    'ー',
    'きゃ',
    '愛し',
    'ﷺ',
    '\ud800',
    '\udc00',
    '🙏',
    "'",
    '’',
    'don’t',
    'ü',
    'Я',
  ),
)
const anyText = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))

test('any text becomes letters and apostrophes with single spaces, the same every time', () => {
  fc.assert(
    fc.property(anyText, languages, (text, language) => {
      const heard = romanize(text, language)
      expect(heard).toMatch(/^([a-z']+( [a-z']+)*)?$/)
      expect(romanize(text, language)).toBe(heard)
    }),
    { numRuns: 1_500, seed: 11 },
  )
})

test('letters that were romanized stay as they are', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{1,8}( [a-z]{1,8}){0,4}$/), (text) => {
      expect(romanize(text, 'en')).toBe(text)
    }),
    { seed: 12 },
  )
})

test('readings go forward through the line and do not overlap', () => {
  fc.assert(
    fc.property(anyText, languages, (text, language) => {
      let before = 0
      for (const { start, end } of readings(text, language)) {
        expect(start).toBeGreaterThanOrEqual(before)
        expect(end).toBeGreaterThan(start)
        before = end
      }
      expect(before).toBeLessThanOrEqual(text.length)
    }),
    { numRuns: 500, seed: 13 },
  )
})

test('one line as long as the limit is read', () => {
  for (const unit of ['我', 'ー', 'ぁ', '한', "a'", '1,', '1%', '漢あ', 'a ', '((']) {
    const long = unit.repeat(100_000 / unit.length)
    expect(readings(long, '').at(-1)?.end ?? long.length).toBeGreaterThan(99_000)
  }
})
