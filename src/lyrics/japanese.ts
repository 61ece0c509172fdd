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
/** A double consonant goes with what follows (って; with what comes before at the end of a word), a long vowel and a small kana with what they follow (きゃー). */
const MORA = new RegExp(
  `[っッｯ]*(?:(?![っッｯ])[${KANA}])[${SMALL}ーｰ゛゜ﾞﾟ\\p{M}]*(?:[っッｯ]+(?![${KANA}]))?|[っッｯ]+\\p{M}*|.`,
  'gsu',
)
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

/** Words of songs that the dictionary, made from newspapers, cuts or reads otherwise (主 aruji, 一人 ichi nin). Katakana. */
const SONG_READINGS: Readonly<Record<string, string>> = {
  一人: 'ヒトリ',
  二人: 'フタリ',
  主: 'シュ',
  御名: 'ミナ',
  御国: 'ミクニ',
  御心: 'ミココロ',
  御手: 'ミテ',
  御前: 'ミマエ',
  御声: 'ミコエ',
  御業: 'ミワザ',
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
  const words: Word[] = []
  for (const token of tokens) {
    const [part, , , , , , , reading = '*'] = token.get('details') as string[]
    const surface = token.get('text') as string
    const known = SONG_READINGS[surface] ?? reading
    const word = { surface, reading: known === '*' ? '' : known, particle: part === '助詞' }
    const before = words.at(-1)
    const whole = SONG_READINGS[(before?.surface ?? '') + surface]
    if (before && whole)
      words[words.length - 1] = { ...word, surface: before.surface + surface, reading: whole }
    else if (before && isCutMora(before.surface, surface)) words[words.length - 1] = together(before, word)
    else words.push(word)
  }
  return words
}

const ENDS_OPEN = /^[っッｯ]$/u
const BELONGS_BEFORE = new RegExp(`^[${SMALL}ーｰ゛゜ﾞﾟ\\p{M}]`, 'u')

/** The dictionary cuts 言った into 言っ and た, in the middle of a mora. */
function isCutMora(before: string, after: string): boolean {
  return ENDS_OPEN.test(before.at(-1) ?? '') || BELONGS_BEFORE.test(after)
}

function together(first: Word, second: Word): Word {
  const known = first.reading !== '' && (second.reading !== '' || !HAN.test(second.surface))
  const reading = known ? first.reading + (second.reading || second.surface) : ''
  return { surface: first.surface + second.surface, reading, particle: false }
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
  const shares = sharesOf(texts, reading)
  if (shares) return shares.map(romaji)
  if (texts.length === 1 && reading !== '') return [romaji(reading)]
  return texts.map((text) => (HAN.test(text) ? mandarin(text).join('') : romaji(toHiragana(text))))
}

/**
 * The reading cut into one piece for each text: kana are found again as they are, kanji get at least one character, the
 * first ones as many as they can. It goes back through the reading: the last place of every kana leaves the most to what is
 * before it, so nothing need be tried again.
 */
export function sharesOf(texts: readonly string[], reading: string): string[] | undefined {
  const shares: string[] = []
  let end = reading.length
  /** Kanji, right of the place, that have no share yet. */
  let waiting = 0
  const give = (start: number) => {
    for (; waiting > 1; waiting--) shares.push(reading.slice(end - 1, end--))
    if (waiting === 1) shares.push(reading.slice(start, end))
    waiting = 0
  }
  for (let at = texts.length; at > 0; ) {
    if (HAN.test(texts[at - 1]!)) {
      waiting++
      at--
      continue
    }
    const kana = kanaBefore(texts, at)
    const all = kana.join('')
    const last = end - waiting - all.length
    const place = placeOf(all, reading, last, { first: kana.length === at, next: waiting === 0 })
    if (place === undefined) return undefined
    give(place + all.length)
    shares.push(...kana.reverse())
    end = place
    at -= kana.length
  }
  if (waiting === 0 ? end > 0 : end < waiting) return undefined
  give(0)
  return shares.reverse()
}

/** Where kana stand, at `last` at the latest: at the beginning where nothing is before them, right there where no kanji follow. */
function placeOf(
  kana: string,
  reading: string,
  last: number,
  { first, next }: { first: boolean; next: boolean },
): number | undefined {
  if (last < 0 || (first && next && last > 0)) return undefined
  const place = first ? 0 : next ? last : reading.lastIndexOf(kana, last)
  return place >= 0 && reading.startsWith(kana, place) ? place : undefined
}

/** The kana right before a place, as the reading has them. */
function kanaBefore(texts: readonly string[], end: number): string[] {
  let from = end
  while (from > 0 && !HAN.test(texts[from - 1]!)) from--
  return texts.slice(from, end).map(toHiragana)
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

/** wanakana recurses once per character: what is longer (ぁぁぁぁ...) is spelled in parts. */
const LONGEST_SPELLED = 100

function romaji(hiragana: string): string {
  const known = spoken.get(hiragana)
  if (known !== undefined) return known
  let letters = ''
  for (let at = 0; at < hiragana.length; at += LONGEST_SPELLED) {
    const part = hiragana.slice(at, at + LONGEST_SPELLED)
    letters += toRomaji(part, { customRomajiMapping: LOAN_MORAE })
  }
  const sound = letters.toLowerCase().replace(/[^a-z]/g, '')
  if (hiragana.length <= 3 && spoken.size < 5_000) spoken.set(hiragana, sound)
  return sound
}

/** Katakana of either width as hiragana, without long-vowel marks: a vowel is one letter however long it is held. */
function toHiragana(text: string): string {
  const wide = text.normalize('NFKC').replace(/[ー゛゜\u3099\u309a]/g, '')
  return wide.replace(/[ァ-ヶ]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60))
}
