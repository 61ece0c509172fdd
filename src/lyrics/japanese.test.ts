import fc from 'fast-check'
import { expect, test } from 'vitest'
import { japanese, kana, sharesOf } from './japanese.ts'

const spell = (text: string) =>
  japanese(text)
    .map(({ text, romanized }) => `${text}=${romanized}`)
    .join(' ')

test('the kanji of a word are one piece, kana are morae', () => {
  expect(spell('君を愛してる')).toBe('君=kimi を=wo 愛=ai し=shi て=te る=ru')
})

test('a kanji is read by its word', () => {
  expect(spell('今日')).toBe('今日=kyou')
  expect(spell('素晴らしい')).toBe('素晴=suba ら=ra し=shi い=i')
})

test('words of songs are read as they are sung', () => {
  expect(spell('主の御名')).toBe('主=shu の=no 御名=mina')
  expect(spell('二人で御手を')).toBe('二人=futari で=de 御手=mite を=wo')
})

test('the particles は and へ are heard as wa and e, at the beginning of a text は is ha', () => {
  expect(spell('名前は')).toBe('名前=namae は=wa')
  expect(spell('天へ')).toBe('天=ten へ=e')
  expect(spell('は')).toBe('は=ha')
})

test('a double consonant goes with what follows, even where the dictionary cuts it', () => {
  expect(spell('言った')).toBe('言=i った=tta')
  expect(kana('ずっと').map(({ romanized }) => romanized)).toEqual(['zu', 'tto'])
})

test('at the end of a word it goes with what comes before, so that every mora has a sound', () => {
  expect(kana('あっ').map(({ text, romanized }) => [text, romanized])).toEqual([['あっ', 'a']])
})

test('long vowels and small kana stay with their mora', () => {
  expect(kana('きゃー').map(({ text, romanized }) => [text, romanized])).toEqual([['きゃー', 'kya']])
})

test.each([
  ['ファイト', 'faito'],
  ['パーティー', 'pati'],
  ['ﾊﾚﾙﾔ', 'hareruya'],
  ['ｶﾞｷﾞ', 'gagi'],
  ['ヴォーカル', 'vokaru'],
  ['シェア', 'shea'],
])('%s is read %s', (text, romanized) => {
  expect(
    kana(text)
      .map((piece) => piece.romanized)
      .join(''),
  ).toBe(romanized)
})

test('the texts of the pieces make up the run, however odd it is', () => {
  for (const run of [
    '゛ーっ々ゃ',
    'ヿゟㇰ',
    'か\u3099き\u0301',
    '漢\ufe00字っ',
    'あ'.repeat(1_000),
    'ー'.repeat(1_000),
    'ぁ'.repeat(20_000),
  ]) {
    expect(
      japanese(run)
        .map(({ text }) => text)
        .join(''),
    ).toBe(run)
    expect(
      kana(run)
        .map(({ text }) => text)
        .join(''),
    ).toBe(run)
  }
})

test('readings are shared out as a pattern with a group for each text would do it, trying all ways', () => {
  const text = fc.constantFrom('漢', '字', 'か', 'き', 'っか', 'ー')
  const sound = fc.constantFrom('か', 'き', 'っか', 'さ')
  const words = fc.tuple(fc.array(text, { minLength: 1, maxLength: 7 }), fc.array(sound, { maxLength: 9 }))
  fc.assert(
    fc.property(words, ([texts, sounds]) => {
      const reading = sounds.join('')
      const groups = texts.map((each) =>
        /\p{Script=Han}/u.test(each) ? '(.+)' : `(${each.replace('ー', '')})`,
      )
      const found = new RegExp(`^${groups.join('')}$`, 'u').exec(reading)
      expect(sharesOf(texts, reading)).toEqual(found?.slice(1))
    }),
    { numRuns: 5_000, seed: 51 },
  )
})
