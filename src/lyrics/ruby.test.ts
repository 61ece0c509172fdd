import { expect, test } from 'vitest'
import { parseLyrics } from './parse.ts'
import { unitsOf } from './units.ts'

const show = (lyrics: string, language = 'ja') =>
  unitsOf(parseLyrics(lyrics), language)
    .map(({ text, romanized }) => `${text}=${romanized}`)
    .join(' ')

test('a reading behind kanji is not sung a second time', () => {
  expect(show('主(しゅ)の御名（みな）を')).toBe('主(しゅ)=shu の=no 御名（みな）=mina を=wo')
})

test('where the dictionary reads otherwise, the writer is right', () => {
  expect(show('運命《さだめ》の人')).toBe('運命《さだめ》=sadame の=no 人=hito')
})

test('a reading over several words of the dictionary leaves each its share', () => {
  expect(show('今日君(きょうきみ)を')).toBe('今日=kyou 君(きょうきみ)=kimi を=wo')
})

test('what is too long for a reading is an echo, and what stands behind kana is sung', () => {
  expect(show('愛(あいしてるよ)')).toBe('愛=ai (あ=a い=i し=shi て=te る=ru よ)=yo')
  expect(show('愛して(して)')).toBe('愛=ai し=shi て=te (し=shi て)=te')
})

test('a line of nothing but readings takes linear time', () => {
  expect(show('主(しゅ)'.repeat(500)).split(' ')).toHaveLength(500)
})
