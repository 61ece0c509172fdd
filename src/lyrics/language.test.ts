import fc from 'fast-check'
import { expect, test } from 'vitest'
import { detectLanguage, resolveLanguage, SUPPORTED_LANGUAGES } from './language.ts'
import { parseLyrics } from './parse.ts'

test.each([
  ['auto', 'auto'],
  ['Auto', 'auto'],
  ['Chinese', 'zh'],
  ['mandarin', 'zh'],
  ['zh-TW', 'zh'],
  ['zh_Hans', 'zh'],
  ['中文', 'zh'],
  ['Cantonese', 'yue'],
  ['yue', 'yue'],
  ['zh-HK', 'yue'],
  ['yue-Hant-HK', 'yue'],
  [' English ', 'en'],
  ['en-US', 'en'],
  ['pt-BR', 'pt'],
  ['ESPAÑOL', 'es'],
  ['fra', 'fr'],
  ['日本語', 'ja'],
  ['한국어', 'ko'],
  ['Русский', 'ru'],
])('%s means %s', (name, code) => {
  expect(resolveLanguage(name)).toBe(code)
})

test('every supported code and name means itself', () => {
  for (const [code, name] of Object.entries(SUPPORTED_LANGUAGES)) {
    expect(resolveLanguage(code)).toBe(code)
    expect(resolveLanguage(name)).toBe(code)
  }
})

test.each(['Klingon', 'xx', '', 'constructor', '__proto__'])(
  '%j is refused with what is supported',
  (name) => {
    expect(() => resolveLanguage(name)).toThrowError(
      expect.objectContaining({
        code: 'LANGUAGE_UNSUPPORTED',
        message: expect.stringContaining('Korean (ko)'),
      }),
    )
    expect(() => resolveLanguage(name)).toThrowError(`got ${JSON.stringify(name)}`)
  },
)

test.each([
  ['en', 'Amazing grace how sweet the sound\nthat saved a wretch like me'],
  ['es', 'Te amo con todo mi corazón\ny no puedo vivir sin ti'],
  ['fr', "Je t'aime de tout mon coeur\net tu es dans ma vie"],
  ['de', 'Ich liebe dich von ganzem Herzen\nund du bist mein'],
  ['it', 'Ti amo con tutto il cuore\ne non posso vivere senza di te'],
  ['pt', 'Eu te amo com todo o meu coração\ne não posso viver sem você'],
  ['', 'O holy night! O night divine'],
  ['en', 'O come, O come, Emmanuel'],
  ['pt', 'Ó vem, ó vem, Emanuel\nO povo que é teu'],
  ['zh', '我愛祢\n祢的愛長闊高深\nHallelujah, praise the Lord'],
  ['zh', '愛の祭典\n我們一起敬拜祢\n祢是我的主\n全地都要讚美\n永遠不改變'],
  ['yue', '我哋嘅愛\n係佢喺度等我哋'],
  ['ja', '君を愛してる\n永遠に'],
  ['ko', '사랑해요 주님\nI love you'],
  ['ru', 'Я люблю тебя'],
  ['', 'Hallelujah\nHosanna'],
  ['', '[Verse]\n♪'],
])('the language found is %j', (code, lyrics) => {
  expect(detectLanguage(parseLyrics(lyrics))).toBe(code)
})

test('names of parts do not count', () => {
  expect(
    detectLanguage(parseLyrics('[Chorus of the song that you and I sing]\nJe t’aime et tu es dans ma vie')),
  ).toBe('fr')
})

test('any text has one of the languages or none, and the same the second time', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom(
          'the',
          'la',
          'und',
          'é',
          '我',
          '嘅',
          'の',
          '한',
          'Я',
          "l'",
          '\ud800',
          '\0',
          '\n',
          '1',
        ),
      )
      .map((words) => words.join(' ')),
  )
  fc.assert(
    fc.property(text, (lyrics) => {
      const found = detectLanguage(parseLyrics(lyrics))
      expect(['', ...Object.keys(SUPPORTED_LANGUAGES)]).toContain(found)
      expect(detectLanguage(parseLyrics(lyrics))).toBe(found)
    }),
    { numRuns: 500 },
  )
})

test('any name is one of the languages, auto, or refused with its code', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('__proto__', 'constructor', 'toString', '-', '_', 'zh-', ' ZH_tw ', 'İ'),
  )
  fc.assert(
    fc.property(name, (given) => {
      try {
        expect(['auto', ...Object.keys(SUPPORTED_LANGUAGES)]).toContain(resolveLanguage(given))
      } catch (error) {
        expect(error).toMatchObject({ code: 'LANGUAGE_UNSUPPORTED' })
      }
    }),
    { numRuns: 500 },
  )
})
