import { AlignError } from '../errors.ts'
import type { LyricLine } from '../types.ts'

/** The languages that can be read, by code. */
export const SUPPORTED_LANGUAGES = {
  zh: 'Chinese',
  yue: 'Cantonese',
  en: 'English',
  es: 'Spanish',
  fr: 'French',
  de: 'German',
  it: 'Italian',
  pt: 'Portuguese',
  ja: 'Japanese',
  ko: 'Korean',
  ru: 'Russian',
} as const

export type LanguageCode = keyof typeof SUPPORTED_LANGUAGES

const ALIASES: Readonly<Record<string, LanguageCode | 'auto'>> = {
  auto: 'auto',
  mandarin: 'zh',
  putonghua: 'zh',
  cmn: 'zh',
  zho: 'zh',
  chi: 'zh',
  中文: 'zh',
  國語: 'zh',
  国语: 'zh',
  普通話: 'zh',
  普通话: 'zh',
  'zh-hk': 'yue',
  'zh-yue': 'yue',
  粵語: 'yue',
  粤语: 'yue',
  廣東話: 'yue',
  广东话: 'yue',
  eng: 'en',
  spa: 'es',
  español: 'es',
  castilian: 'es',
  fra: 'fr',
  fre: 'fr',
  français: 'fr',
  deu: 'de',
  ger: 'de',
  deutsch: 'de',
  ita: 'it',
  italiano: 'it',
  por: 'pt',
  português: 'pt',
  jpn: 'ja',
  日本語: 'ja',
  kor: 'ko',
  한국어: 'ko',
  rus: 'ru',
  русский: 'ru',
  ...Object.fromEntries(
    Object.entries(SUPPORTED_LANGUAGES).map(([code, name]) => [name.toLowerCase(), code as LanguageCode]),
  ),
}

/**
 * Turns a name ("Chinese", "Mandarin") or code ("zh", "zh-TW", "en-US") into a code of SUPPORTED_LANGUAGES, and "auto"
 * into "auto". Upper and lower case are the same; zh-HK is Cantonese.
 * @throws AlignError LANGUAGE_UNSUPPORTED
 */
export function resolveLanguage(name: string): LanguageCode | 'auto' {
  const key = name.trim().normalize('NFC').toLowerCase().replaceAll('_', '-')
  const base = key.split('-', 1)[0]!
  for (const candidate of [key, base]) {
    if (Object.hasOwn(ALIASES, candidate)) return ALIASES[candidate]!
    if (Object.hasOwn(SUPPORTED_LANGUAGES, candidate)) return candidate as LanguageCode
  }
  const supported = Object.entries(SUPPORTED_LANGUAGES).map(([code, english]) => `${english} (${code})`)
  throw new AlignError(
    'LANGUAGE_UNSUPPORTED',
    `Expected "auto" or one of ${supported.join(', ')}, got ${JSON.stringify(name.slice(0, 40))}`,
  )
}

const FUNCTION_WORDS: Readonly<Record<string, ReadonlySet<string>>> = {
  en: words(
    'the and you i of to my is your in that we me it for with all on be are this when will our have not what but a o oh let us come he his him',
  ),
  es: words(
    'el la los las que y en un una mi tu te por con para es no yo su del al como más ti eres soy está tú señor',
  ),
  fr: words(
    'le la les des et est je tu que qui dans un une mon ton pour pas nous vous sur ne ce au du avec toi moi il elle',
  ),
  de: words(
    'der die das und ich du ist nicht ein eine mein dein mit zu in auf wir dir mich dich den dem von für wie so',
  ),
  it: words(
    'il la che di e è non un una mi ti tu io per con sei mio tuo nel della gli sono più ma come noi questo',
  ),
  pt: words(
    'o a os as que e em um uma meu teu te por com para é não eu seu do da no na ao como mais você tua minha',
  ),
}

/** Letters that only some of the languages write. */
const LETTERS: readonly [string, RegExp][] = [
  ['es', /[ñ¿¡]/g],
  ['de', /[äöüß]/g],
  ['pt', /[ãõ]/g],
  ['fr', /[êœûîëï]|\b[cdjlmnst]['’](?=\p{L})/gu],
  ['it', /[ìòù]|\b(?:dell|nell|sull|all|quell)['’]/g],
]

/**
 * Finds the language of a song by its scripts: the one with the most words or characters decides, Japanese where Han comes with
 * kana, Cantonese where its own characters (嘅 哋 喺) are written. Latin letters are told apart by their most frequent
 * small words. '' where that does not decide (a song of one word, a language that is not supported).
 */
export function detectLanguage(lines: readonly LyricLine[]): LanguageCode | '' {
  const text = lines.map((line) => line.sung).join('\n')
  const han = count(text, /\p{Script=Han}/gu)
  const kana = count(text, /[\p{Script=Hiragana}\p{Script=Katakana}]/gu)
  const hangul = count(text, /\p{Script=Hangul}/gu)
  // a word of letters counts as much as one character: an English refrain does not make a Chinese song English
  const latin = count(text, /\p{Script=Latin}/gu) / 5
  const cyrillic = count(text, /\p{Script=Cyrillic}/gu) / 5
  const most = Math.max(han + kana, hangul, latin, cyrillic)
  if (most === 0) return ''
  if (most === han + kana) return hanOrKana(text, han, kana)
  if (most === hangul) return 'ko'
  return most === cyrillic ? 'ru' : latinLanguage(text)
}

function hanOrKana(text: string, han: number, kana: number): 'zh' | 'yue' | 'ja' {
  // a Chinese song may have a の in its title or a Japanese guest line; Japanese is at least a tenth kana
  if (kana > 0 && kana * 10 >= han) return 'ja'
  const cantonese = count(text, /[嘅咗哋喺嚟冇佢啲嘢咁乜嗰]/gu)
  return cantonese >= 3 && cantonese * 50 >= han ? 'yue' : 'zh'
}

function latinLanguage(text: string): LanguageCode | '' {
  const lower = text.normalize('NFC').toLowerCase()
  const scores = new Map<string, number>(Object.keys(FUNCTION_WORDS).map((code) => [code, 0]))
  const add = (code: string, points: number) => scores.set(code, scores.get(code)! + points)
  for (const [word] of lower.matchAll(/[\p{L}\p{M}]+/gu)) {
    for (const code in FUNCTION_WORDS) if (FUNCTION_WORDS[code]!.has(word)) add(code, 1)
  }
  for (const [code, letters] of LETTERS) add(code, count(lower, letters))
  const [best, second] = [...scores].sort((a, b) => b[1] - a[1])
  return best![1] >= 2 && best![1] > second![1] ? (best![0] as LanguageCode) : ''
}

function count(text: string, pattern: RegExp): number {
  let found = 0
  for (const _ of text.matchAll(pattern)) found++
  return found
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(' '))
}
