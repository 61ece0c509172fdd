/** The scripts that decide how a text is read. */

export const HAN = /\p{Script=Han}/u
export const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u
export const HANGUL = /\p{Script=Hangul}/u
export const CYRILLIC = /\p{Script=Cyrillic}/u
export const LATIN = /\p{Script=Latin}/u

const LATIN_LANGUAGES = new Set(['en', 'es', 'fr', 'de', 'it', 'pt'])

/** How each script of one line is read. */
export type Reader = { han: 'zh' | 'yue' | 'ja'; latin: string; numbers: string }

/**
 * Decides how a line is read. The language of the song counts where its script leaves a choice: Han characters are
 * Japanese in a Japanese song and in a line with kana (a lone の is an ornament of Chinese titles), Cantonese in a
 * Cantonese song, else Mandarin; Latin letters are the song's language, English in songs of other scripts.
 */
export function readerOf(line: string, language: string): Reader {
  const latin = LATIN_LANGUAGES.has(language) ? language : 'en'
  const han = hanLanguage(line, language)
  return { han, latin, numbers: numberLanguage(line, language, han, latin) }
}

function hanLanguage(line: string, language: string): 'zh' | 'yue' | 'ja' {
  if (language === 'ja' || language === 'yue') return language
  const kana = language === 'zh' ? line.replaceAll('の', '') : line
  return KANA.test(kana) ? 'ja' : 'zh'
}

function numberLanguage(line: string, language: string, han: string, latin: string): string {
  if (HAN.test(line) || KANA.test(line)) return han
  if (HANGUL.test(line)) return 'ko'
  if (CYRILLIC.test(line)) return 'ru'
  return LATIN.test(line) || language === '' || language === 'auto' ? latin : language
}
