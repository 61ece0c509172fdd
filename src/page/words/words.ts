import { computed, effect, signal } from '@preact/signals'
import { en, type WordKey, type Words } from './en.ts'
import { es } from './es.ts'
import { ja } from './ja.ts'
import { ko } from './ko.ts'
import { zhCn } from './zh-CN.ts'
import { zhTw } from './zh-TW.ts'

/** The languages of the page, by what BCP 47 calls them; each names itself. */
export const LANGUAGES = {
  en: 'English',
  'zh-TW': '繁體中文',
  'zh-CN': '简体中文',
  ja: '日本語',
  ko: '한국어',
  es: 'Español',
} as const
export type Language = keyof typeof LANGUAGES

/** Every text in every language. */
export const WORDS: Record<Language, Words> = { en, 'zh-TW': zhTw, 'zh-CN': zhCn, ja, ko, es }
const KEY = 'sow-align-language'

/** The first of the user's languages that the page speaks. */
export function languageFor(wanted: readonly string[]): Language {
  for (const each of wanted) {
    const tag = each.toLowerCase()
    const found = (Object.keys(LANGUAGES) as Language[]).find((code) => {
      const own = code.toLowerCase()
      return tag === own || tag.startsWith(`${own}-`)
    })
    if (found) return found
    if (/^zh-(?:hant|hk|mo)/.test(tag)) return 'zh-TW'
    if (/^zh/.test(tag)) return 'zh-CN'
  }
  return 'en'
}

function chosenBefore(): string[] {
  const chosen = localStorage.getItem(KEY)
  return chosen ? [chosen] : []
}

export const language = signal<Language>('en')
const words = computed(() => WORDS[language.value])

/** Takes the language chosen before, or the browser's, and keeps the page's `lang` by it. */
export function startWords(): void {
  language.value = languageFor([...chosenBefore(), ...navigator.languages])
  effect(() => {
    document.documentElement.lang = language.value
  })
}

export function chooseLanguage(code: Language): void {
  language.value = code
  localStorage.setItem(KEY, code)
}

/** A text of the page in the language of the user. */
export function t(key: WordKey, given: Record<string, string | number> = {}): string {
  return words.value[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(given[name] ?? whole))
}

/** Whether there is a text of that name. */
export function isWord(key: string): key is WordKey {
  return Object.hasOwn(en, key)
}
