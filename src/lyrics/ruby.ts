import type { Reading } from './reading.ts'

/** Kana in brackets right behind kanji: 運命（さだめ）, 主《しゅ》. */
const RUBY = /(?<=\p{Script=Han})[(（《][\p{Script=Hiragana}\p{Script=Katakana}ー]+[)）》]/gu
const HAN = /^\p{Script=Han}/u

/** Longest reading of one kanji, morae (承る is five, with its ending). What is longer is an echo, and sung. */
const MORAE_PER_KANJI = 4
/** Most words of the dictionary under one reading. */
const MOST_WORDS = 8

/**
 * Takes readings written behind kanji for what they are: they are not sung a second time, and where the dictionary reads
 * otherwise the writer is right. Takes linear time.
 */
export function withRuby(readings: readonly Reading[], line: string): Reading[] {
  const all: Reading[] = []
  let next = 0
  for (const { 0: ruby, index: from } of line.matchAll(RUBY)) {
    const to = from + ruby.length
    while (next < readings.length && readings[next]!.end <= from) all.push(readings[next++]!)
    const first = next
    while (next < readings.length && readings[next]!.end <= to) next++
    const inside = readings.slice(first, next)
    const sound = inside.map(({ romanized }) => romanized).join('')
    const base = all.at(-1)
    if (!base || base.end !== from) all.push(...inside)
    else if (isReadSo(all, line, sound)) all[all.length - 1] = { ...base, end: to }
    else if (inside.length <= MORAE_PER_KANJI * (base.end - base.start)) {
      all[all.length - 1] = { ...base, end: to, romanized: sound }
    } else all.push(...inside)
  }
  return [...all, ...readings.slice(next)]
}

/** Whether the last kanji words together have this sound already. */
function isReadSo(all: readonly Reading[], line: string, sound: string): boolean {
  let together = ''
  for (let at = all.length - 1; at >= Math.max(0, all.length - MOST_WORDS); at--) {
    if (!HAN.test(line.slice(all[at]!.start, all[at]!.end))) return false
    together = all[at]!.romanized + together
    if (together === sound) return true
  }
  return false
}
