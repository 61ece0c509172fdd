import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { detectLanguage } from './language.ts'
import { movementOf } from './movement.ts'
import { parseLyrics } from './parse.ts'

const TEXTS = {
  'zh-Hans': ['奇异恩典何等甘甜', '我罪已得赦免', '前我失丧今被寻回', '瞎眼今得看见', '如此恩典使我敬畏'],
  'zh-Hant': ['奇異恩典何等甘甜', '我罪已得赦免', '前我失喪今被尋回', '瞎眼今得看見', '如此恩典使我敬畏'],
  ja: [
    '驚くばかりの恵みなりき',
    'この身の汚れを知れるわれに',
    '恵みはわが身の恐れを消し',
    '任する心を起こさせたり',
    '危険をもわなをも避け得たるは',
  ],
  ko: ['나 같은 죄인 살리신', '주 은혜 놀라워', '잃었던 생명 찾았고', '광명을 얻었네', '큰 죄악에서 건지신'],
  en: [
    'Amazing grace, how sweet the sound',
    'that saved a wretch like me',
    'I once was lost, but now am found',
    'was blind, but now I see',
    'It was grace that taught my heart to fear',
  ],
  es: [
    'Sublime gracia del Señor',
    'que a un infeliz salvó',
    'yo ciego fui mas veo ya',
    'perdido y él me halló',
    'En los peligros o aflicción',
  ],
  de: [
    'O Gnade Gottes, wunderbar',
    'hast du errettet mich',
    'ich war verloren ganz und gar',
    'war blind, jetzt sehe ich',
    'Die Gnade hat mich Furcht gelehrt',
  ],
  fr: [
    'Grâce infinie de notre Dieu',
    'qui un jour m’a sauvé',
    'j’étais perdu errant de lieu',
    'et il m’a retrouvé',
    'Dieu m’a parlé pour m’éveiller',
  ],
} as const
type Code = keyof typeof TEXTS
const codes = Object.keys(TEXTS) as Code[]
const isLatin = (code: Code) => ['en', 'es', 'de', 'fr'].includes(code)
const isHan = (code: Code) => code.startsWith('zh')
const pairs = codes.flatMap((sung) => codes.map((other) => [sung, other] as const))
const inOtherScripts = pairs.filter(
  ([sung, other]) => sung !== other && !(isLatin(sung) && isLatin(other)) && !(isHan(sung) && isHan(other)),
)
const tag = (at: number) => `[00:${String(10 + 5 * at).padStart(2, '0')}.00]`

function expectPairs(lines: ReturnType<typeof parseLyrics>, sung: Code, other: Code) {
  const read = lines.filter(({ kind }) => kind === 'sung')
  expect(read.map((line) => line.sung)).toEqual(TEXTS[sung])
  expect(read.map(({ translation }) => translation)).toEqual(TEXTS[other])
  const translations = lines.filter(({ marker }) => marker?.kind === 'translation')
  expect(translations.map(({ translates }) => translates)).toEqual(read.map(({ index }) => index))
}

describe.each(inOtherScripts)('%s with %s', (sung, other) => {
  test('under the same time, one behind the other or as two texts', () => {
    const first = TEXTS[sung].map((text, at) => tag(at) + text)
    const second = TEXTS[other].map((text, at) => tag(at) + text)
    const mixed = first.flatMap((line, at) => [line, second[at]!])
    for (const text of [mixed.join('\n'), [...first, ...second].join('\n')]) {
      const lines = parseLyrics(text)
      expect(lines).toHaveLength(10)
      expectPairs(lines, sung, other)
      expect(detectLanguage(lines)).toBe(sung.slice(0, 2))
    }
  })

  test('every second line, with blank lines between verses', () => {
    const lines = TEXTS[sung].flatMap((text, at) => [text, TEXTS[other][at]!, ...(at === 2 ? [''] : [])])
    expectPairs(parseLyrics(lines.join('\n')), sung, other)
  })

  test('the language that is asked for is the one that is sung, also where it comes second', () => {
    const lines = TEXTS[sung].flatMap((text, at) => [tag(at) + TEXTS[other][at]!, tag(at) + text])
    expectPairs(parseLyrics(lines.join('\n'), undefined, sung.slice(0, 2)), sung, other)
  })
})

test('two languages of one script are told by their times, where all lines are written so', () => {
  const lines = TEXTS.en.flatMap((text, at) => [tag(at) + text, tag(at) + TEXTS.es[at]!])
  expectPairs(parseLyrics(lines.join('\n')), 'en', 'es')
})

test('a line in Latin letters that is the sound of another is a romanization, and the other is sung', () => {
  const text = [
    ['Kimi no na wa', '君の名は', '你的名字'],
    ['Sekai wa hiroi', '世界は広い', '世界很大'],
    ['Yume wo miru', '夢を見る', '做着梦'],
    ['Aishiteru', '愛してる', '我爱你'],
  ]
  const lines = parseLyrics(text.flat().join('\n'))
  expect(lines.slice(0, 3)).toMatchObject([
    { kind: 'marker', marker: { kind: 'romanization' }, translates: 1 },
    { kind: 'sung', romanization: 'Kimi no na wa', translation: '你的名字' },
    { kind: 'marker', marker: { kind: 'translation' }, translates: 1 },
  ])
})

test.each([
  [
    'a guest line in another script',
    '사랑해요\n영원히\nI love you\n너를 원해\n오늘밤\n함께해\nBaby come back\n내게로',
  ],
  ['a verse in each language', [...TEXTS.en, '', ...TEXTS['zh-Hans']].join('\n')],
  [
    'two lines sung at the same time',
    '[00:10.00]Hold on\n[00:10.00]Never let me go\n[00:20.00]One more night\n[00:30.00]One more day\n[00:40.00]Here we are',
  ],
  [
    'times that say nothing',
    TEXTS.en
      .flatMap((text, at) => [`[00:00.00]${text}`, `[00:00.00]${TEXTS.ko[at]}`])
      .slice(0, 7)
      .join('\n'),
  ],
])('%s: all are sung', (_, text) => {
  const lines = parseLyrics(text).filter(({ kind }) => kind !== 'blank')
  expect(lines.every(({ kind }) => kind === 'sung')).toBe(true)
})

test('a translation divides no section', () => {
  const plain = movementOf(parseLyrics([...TEXTS.en.slice(0, 2), '', ...TEXTS.en.slice(2)].join('\n')))
  const lines = TEXTS.en.flatMap((text, at) => [...(at === 2 ? [''] : []), text, TEXTS.ja[at]!])
  const translated = movementOf(parseLyrics(lines.join('\n')))
  expect([...plain.sections]).toEqual([0, 3])
  expect([...translated.sections]).toEqual([0, 5])
})

test('whatever a text holds, each of its lines comes back once, and a translation belongs to a line that is sung', () => {
  const line = fc.oneof(
    fc.constantFrom(...Object.values(TEXTS).flat(), '', '[Chorus]', '词：某某'),
    fc.string({ unit: 'binary', maxLength: 5 }),
  )
  const text = fc.array(fc.tuple(fc.constantFrom('', tag(0), tag(1), tag(2)), line), { maxLength: 30 })
  fc.assert(
    fc.property(text, fc.constantFrom('auto', 'ja', 'en', 'zh', ''), (parts, language) => {
      const given = parts.map((part) => part.join('').replace(/[\r\n\ufeff]/g, ''))
      const lines = parseLyrics(given.map((each) => `${each}\n`).join(''), undefined, language)
      expect(lines.map((each) => each.text)).toEqual(given)
      for (const { kind, translates } of lines) {
        if (translates === undefined) continue
        expect(kind).toBe('marker')
        expect(lines[translates]!.kind).toBe('sung')
      }
    }),
    { numRuns: 300, seed: 15 },
  )
})
