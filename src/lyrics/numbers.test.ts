import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SUPPORTED_LANGUAGES } from './language.ts'
import { spellNumbers } from './numbers.ts'
import { romanize } from './romanize.ts'

test.each([
  ['10,000 reasons', 'en', 'ten thousand reasons'],
  ['10.000 Gründe', 'de', 'zehntausend gruende'],
  ['10,000個理由', 'zh', 'yi wan ge li you'],
  ['3.5', 'en', 'three point five'],
  ['1986', 'en', 'nineteen eighty six'],
  ['1905', 'en', 'nineteen oh five'],
  ['1500', 'en', 'fifteen hundred'],
  ['2000', 'en', 'two thousand'],
  ['1986', 'es', 'mil novecientos ochenta y seis'],
  ['2023年', 'zh', 'er ling er san nian'],
  ['第2章', 'zh', 'di er zhang'],
  ['2個', 'zh', 'liang ge'],
  ['5%的人', 'zh', 'bai fen zhi wu de ren'],
  ['21', 'fr', 'vingt et un'],
  ['21', 'it', 'ventuno'],
  ['21', 'pt', 'vinte e um'],
  ['21', 'ru', 'dvadtsat odin'],
  ['35', 'ko', 'samsibo'],
  ['100', 'ja', 'hyaku'],
  ['1st 2nd 3rd', 'en', 'first second third'],
  ['the 80s', 'en', 'the eighties'],
  ["the 80's", 'en', 'the eighties'],
  ['3½', 'en', 'three one two'],
  ['$5 $1', 'en', 'five dollars one dollar'],
  ['50%', 'en', 'fifty percent'],
  ['24/7', 'en', 'twenty four seven'],
  ['3:16', 'en', 'three sixteen'],
  ['1.2.3', 'en', 'one two three'],
  ['007', 'en', 'zero zero seven'],
  ['R&B, you & me', 'en', 'r and b you and me'],
  ['rock & roll', 'es', 'rock y roll'],
  ['٣', 'en', 'three'],
  ['１０', 'en', 'ten'],
])('%s (%s) is spoken %s', (text, language, spoken) => {
  expect(romanize(text, language)).toBe(spoken)
})

test('a number too long to name is read digit by digit', () => {
  expect(romanize('9'.repeat(40), 'en').split(' ')).toEqual(Array(40).fill('nine'))
})

test('a number in an English line of a Chinese song is English, in a Chinese line Chinese', () => {
  expect(romanize('10 reasons', 'zh')).toBe('ten reasons')
  expect(romanize('10年', 'zh')).toBe('shi nian')
})

test('whatever number stands in a text, words stand there afterwards, and the rest is kept', () => {
  const number = fc.stringMatching(/^[$€£]?\d{1,20}([.,]\d{1,20}){0,4}(st|th|er|º|'s)?( ?%)?$/)
  const code = fc.constantFrom('', 'xx', 'toString', ...Object.keys(SUPPORTED_LANGUAGES))
  fc.assert(
    fc.property(number, fc.constantFrom('', '年', '個', 'x'), code, (digits, next, language) => {
      const spelt = spellNumbers(`(${digits})`, language, next)
      expect(spelt).not.toMatch(/[0-9$€£%]/)
      expect(spelt).toMatch(/^\(.*\p{L}.*\)$/u)
    }),
    { numRuns: 1_000, seed: 24 },
  )
})

test('a text without a number stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('en', 'zh', 'de'), (text, language) => {
      const plain = text.replace(/\d/g, '')
      expect(spellNumbers(plain, language)).toBe(plain)
    }),
  )
})
