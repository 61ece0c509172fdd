import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { initSync, type Tokenizer, TokenizerBuilder } from 'lindera-wasm-ipadic'
import { toRomaji } from 'wanakana'
import { mandarin } from './chinese.ts'

/** A piece of Japanese text that is sung as one: a mora, or the kanji of one word. */
export type JapanesePiece = {
  text: string
  /** Hepburn, a-z. */
  romanized: string
  /** Whether it belongs to the same word as the piece before it. */
  joined: boolean
}

type Word = {
  surface: string /** Katakana; '' where the dictionary has none. */
  reading: string
  particle: boolean
}

const KANA = '\\p{Script=Hiragana}\\p{Script=Katakana}ーｰ゛゜ﾞﾟ'
const SMALL = 'ぁぃぅぇぉゃゅょゎァィゥェォャュョヮｧｨｩｪｫｬｭｮ'
/** A double consonant goes with what follows (って), a long vowel and a small kana with what they follow (きゃー). */
const MORA = new RegExp(`[っッｯ]*(?:(?![っッｯ])[${KANA}])[${SMALL}ーｰ゛゜ﾞﾟ\\p{M}]*|[っッｯ]+\\p{M}*|.`, 'gsu')
const PIECE = new RegExp(`\\p{Script=Han}+[\\p{M}]*|${MORA.source}`, 'gsu')
const HAN = /\p{Script=Han}/u

/** Sounds of loan words that wanakana spells letter by letter. */
const LOAN_MORAE: Readonly<Record<string, string>> = {
  てぃ: 'ti',
  でぃ: 'di',
  とぅ: 'tu',
  どぅ: 'du',
  でゅ: 'dyu',
  てゅ: 'tyu',
  ふぁ: 'fa',
  ふぃ: 'fi',
  ふぇ: 'fe',
  ふぉ: 'fo',
  ふゅ: 'fyu',
  うぃ: 'wi',
  うぇ: 'we',
  うぉ: 'wo',
  いぇ: 'ye',
  しぇ: 'she',
  じぇ: 'je',
  ちぇ: 'che',
  つぁ: 'tsa',
  つぃ: 'tsi',
  つぇ: 'tse',
  つぉ: 'tso',
  ゔ: 'vu',
  ゔぁ: 'va',
  ゔぃ: 'vi',
  ゔぇ: 've',
  ゔぉ: 'vo',
}

/** Longest text given to the dictionary at once, characters: its search grows faster than the text. */
const LONGEST_RUN = 400

let dictionary: Tokenizer | undefined

/** Loads the IPADIC dictionary on first use: about 0.3 s and 110 MB, so only songs with Japanese pay for it. */
function openDictionary(): Tokenizer {
  if (dictionary) return dictionary
  const file = createRequire(import.meta.url).resolve('lindera-wasm-ipadic/lindera_wasm_bg.wasm')
  initSync({ module: readFileSync(file) })
  const builder = new TokenizerBuilder()
  builder.setDictionary('embedded://ipadic')
  builder.setMode('normal')
  dictionary = builder.build()
  return dictionary
}

/** Reads a run of kanji and kana by the dictionary. The texts of the pieces make up the run. */
export function japanese(run: string): JapanesePiece[] {
  const characters = [...run]
  const pieces: JapanesePiece[] = []
  for (let at = 0; at < characters.length; at += LONGEST_RUN) {
    const words = wordsOf(characters.slice(at, at + LONGEST_RUN).join(''))
    words.forEach((word, place) => {
      pieces.push(...piecesOf(word, at > 0 || place > 0))
    })
  }
  return pieces
}

function wordsOf(text: string): Word[] {
  const tokens = openDictionary().tokenize(text) as Map<string, unknown>[]
  return tokens.map((token) => {
    const details = token.get('details') as string[]
    const reading = details[7] ?? ''
    return {
      surface: token.get('text') as string,
      reading: reading === '*' ? '' : reading,
      particle: details[0] === '助詞',
    }
  })
}

function piecesOf({ surface, reading, particle }: Word, hasBefore: boolean): JapanesePiece[] {
  if (particle && hasBefore && surface === 'は') return [{ text: surface, romanized: 'wa', joined: false }]
  if (particle && hasBefore && surface === 'へ') return [{ text: surface, romanized: 'e', joined: false }]
  const texts = surface.match(PIECE) ?? [surface]
  const readings = distribute(texts, toHiragana(reading))
  return texts.map((text, at) => ({ text, romanized: readings[at]!, joined: at > 0 }))
}

/** Gives every piece its share of the word's reading: kana read themselves, kanji get what lies between. */
function distribute(texts: string[], reading: string): string[] {
  const pattern = texts
    .map((text) => (HAN.test(text) ? '(.+)' : `(${escapePattern(toHiragana(text))})`))
    .join('')
  const found = new RegExp(`^${pattern}$`, 'u').exec(reading)
  if (found) return found.slice(1).map(romaji)
  if (texts.length === 1 && reading !== '') return [romaji(reading)]
  return texts.map((text) => (HAN.test(text) ? mandarin(text).join('') : romaji(toHiragana(text))))
}

/** Splits kana into morae and reads them one by one, without a dictionary. */
export function kana(run: string): JapanesePiece[] {
  return (run.match(MORA) ?? [run]).map((text, at) => ({
    text,
    romanized: romaji(toHiragana(text)),
    joined: at > 0,
  }))
}

const spoken = new Map<string, string>()

function romaji(hiragana: string): string {
  const known = spoken.get(hiragana)
  if (known !== undefined) return known
  const letters = toRomaji(hiragana, { customRomajiMapping: LOAN_MORAE })
    .toLowerCase()
    .replace(/[^a-z]/g, '')
  if (hiragana.length <= 3 && spoken.size < 2000) spoken.set(hiragana, letters)
  return letters
}

/** Katakana of either width as hiragana; a long-vowel mark repeats the vowel before it. */
function toHiragana(text: string): string {
  const wide = text.normalize('NFKC').replace(/[゛゜\u3099\u309a]/g, '')
  const hiragana = wide.replace(/[ァ-ヶ]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60))
  return hiragana
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
