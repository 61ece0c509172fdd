import anyAscii from 'any-ascii'
import { romanize as romanizeHangul } from 'es-hangul'
import { cantonese, mandarin } from './chinese.ts'
import { japanese, kana } from './japanese.ts'
import { spellNumbers } from './numbers.ts'
import type { Reading } from './reading.ts'
import { withRuby } from './ruby.ts'
import { CYRILLIC, HAN, HANGUL, KANA, LATIN, type Reader, readerOf } from './scripts.ts'

const CJK = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ーｰ゛゜ﾞﾟ'
/** The apostrophe ʼ is a letter to Unicode, and none here. */
const LETTER = `(?:(?![${CJK}ʼ])[\\p{L}\\p{N}\\p{M}])`
/** A word may hold an apostrophe, hyphen or dot between letters, and a separator between digits. */
const JOINED = `['’‘\`´ʼ\\-‐‑.&_*]|(?<=\\p{N})[,:/](?=\\p{N})`
const WORD = `[$€£]?${LETTER}+(?:(?:${JOINED})${LETTER}+)*[%％]?|[&＆]`
const RUN = new RegExp(`(?<cjk>(?:[${CJK}]\\p{M}*)+)|(?<word>${WORD})`, 'gu')

/**
 * How a text is heard: letters a-z and ', words separated by single spaces. Han is read by words (pinyin without tones,
 * ü as v; Jyutping without tones; the Japanese dictionary), kana as Hepburn, Hangul by the Revised Romanization,
 * numbers as they are spoken, all else letter by letter. The labels of the acoustic model come from here too.
 * @param language a code of SUPPORTED_LANGUAGES, or '' to go by the script
 */
export function romanize(text: string, language: string): string {
  let all = ''
  for (const { romanized, joined } of readings(text, language)) {
    if (romanized !== '') all += joined || all === '' ? romanized : ` ${romanized}`
  }
  return all
}

/** Reads a line as a whole, so that the neighbours of a character decide its sound. Takes linear time. */
export function readings(line: string, language: string): Reading[] {
  const reader = readerOf(line, language)
  const all: Reading[] = []
  for (const run of line.matchAll(RUN)) {
    const start = run.index
    const text = run[0]
    if (run.groups!.cjk) for (const reading of readCjk(text, start, reader)) all.push(reading)
    else all.push(readWord(text, start, line, reader))
  }
  return reader.han === 'ja' ? withRuby(all, line) : all
}

function readCjk(run: string, start: number, { han }: Reader): Reading[] {
  const pieces = han === 'ja' ? japanese(run) : run.match(SAME_SCRIPT)!.flatMap((part) => readPart(part, han))
  let at = start
  return pieces.map(({ text, romanized, joined, language = 'ja' }: Piece) => {
    const end = at + text.length
    const reading = { start: at, end, romanized, language, joined }
    at = end
    return reading
  })
}

type Piece = { text: string; romanized: string; joined: boolean; language?: string }

const SAME_SCRIPT = /(?:\p{Script=Han}\p{M}*)+|\P{Script=Han}+/gu
const HAN_CHARACTER = /\p{Script=Han}\p{M}*/gu

function readPart(part: string, language: 'zh' | 'yue'): Piece[] {
  if (!HAN.test(part)) return kana(part)
  const read = language === 'yue' ? cantonese : mandarin
  const syllables = read(part.replace(/\p{M}/gu, ''))
  return part
    .match(HAN_CHARACTER)!
    .map((text, at) => ({ text, romanized: syllables[at] ?? '', joined: false, language }))
}

function readWord(text: string, start: number, line: string, reader: Reader): Reading {
  const end = start + text.length
  const language = wordLanguage(text, reader)
  const next = line.slice(end, end + 1)
  return { start, end, romanized: soundOf(text, language, next), language, joined: false }
}

function wordLanguage(word: string, { latin, numbers }: Reader): string {
  if (HANGUL.test(word)) return 'ko'
  if (CYRILLIC.test(word)) return 'ru'
  if (LATIN.test(word)) return latin
  return /^[\p{N}$€£%&＆]/u.test(word) ? numbers : ''
}

const AND: Readonly<Record<string, string>> = {
  en: 'and',
  es: 'y',
  fr: 'et',
  de: 'und',
  it: 'e',
  pt: 'e',
  ru: 'и',
  zh: '和',
  yue: '和',
  ja: 'と',
  ko: '와',
}

function soundOf(word: string, language: string, next: string): string {
  let text = word
    .replace(/[’‘`´ʼ]/g, "'") // before NFKC, which makes a space of ´
    .replace(FRACTION, ' $& ')
    .normalize('NFKC')
    .replace(/&/g, ` ${AND[language] ?? 'and'} `)
  text = text.replace(/\p{Nd}/gu, anyAscii)
  if (/\d/.test(text)) text = spellNumbers(text, language, next)
  if (HAN.test(text) || KANA.test(text)) text = text.replace(CJK_RUN, (run) => ` ${readRun(run, language)} `)
  if (language === 'de') text = text.replace(/ä/gi, 'ae').replace(/ö/gi, 'oe').replace(/ü/gi, 'ue')
  return lettersOnly(text.replace(/[가-힣]+/g, romanizeHangul))
}

/** 3½ is no 31. */
const FRACTION = /[¼-¾⅐-⅞]/gu

const CJK_RUN = new RegExp(`[${CJK}]+`, 'gu')

/** Numbers and symbols become Han or kana in Chinese and Japanese, and are read like the rest. */
function readRun(run: string, language: string): string {
  const { han } = readerOf(run, language)
  return readCjk(run, 0, { han, latin: 'en', numbers: han }).reduce(
    (sound, { romanized, joined }) => sound + (joined ? '' : ' ') + romanized,
    '',
  )
}

function lettersOnly(text: string): string {
  const letters = anyAscii(text.replace(/[^\p{L}\p{N}\p{M}' ]/gu, ' ')).toLowerCase()
  const words = letters.split(/[^a-z']+/).map(withoutOuterApostrophes)
  return words.filter((word) => word !== '').join(' ')
}

/** By hand: a pattern for the end of a text takes the square of its length. */
function withoutOuterApostrophes(word: string): string {
  let from = 0
  let to = word.length
  while (from < to && word[from] === "'") from++
  while (to > from && word[to - 1] === "'") to--
  return word.slice(from, to)
}
