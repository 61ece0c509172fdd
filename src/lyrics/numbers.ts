import * as german from 'n2words/de-DE'
import * as english from 'n2words/en-US'
import * as spanish from 'n2words/es-ES'
import * as french from 'n2words/fr-FR'
import * as italian from 'n2words/it-IT'
import * as japanese from 'n2words/ja-JP'
import * as korean from 'n2words/ko-KR'
import * as portuguese from 'n2words/pt-PT'
import * as russian from 'n2words/ru-RU'
import * as chinese from 'n2words/zh-Hans-CN'

type Speech = {
  cardinal: (digits: string) => string
  ordinal?: (digits: string) => string
  /** Between thousands; the other of "." and "," is before decimals. */
  thousands: ',' | '.'
  percent: string
}

/** Ten alone is 十; the library says 一十. */
const spokenChinese = (digits: string) => chinese.toCardinal(digits, { formal: false }).replace(/^一十/, '十')
const CHINESE: Speech = { cardinal: spokenChinese, thousands: ',', percent: '百分之' }

const SPEECH: Readonly<Record<string, Speech>> = {
  en: { cardinal: english.toCardinal, ordinal: english.toOrdinal, thousands: ',', percent: 'percent' },
  es: { cardinal: spanish.toCardinal, ordinal: spanish.toOrdinal, thousands: '.', percent: 'por ciento' },
  fr: { cardinal: french.toCardinal, ordinal: french.toOrdinal, thousands: '.', percent: 'pour cent' },
  de: { cardinal: german.toCardinal, thousands: '.', percent: 'Prozent' },
  it: { cardinal: italian.toCardinal, ordinal: italian.toOrdinal, thousands: '.', percent: 'per cento' },
  pt: {
    cardinal: portuguese.toCardinal,
    ordinal: portuguese.toOrdinal,
    thousands: '.',
    percent: 'por cento',
  },
  ru: { cardinal: russian.toCardinal, thousands: '.', percent: 'процентов' },
  ja: { cardinal: japanese.toCardinal, thousands: ',', percent: 'パーセント' },
  ko: { cardinal: korean.toCardinal, thousands: ',', percent: '퍼센트' },
  zh: CHINESE,
  yue: CHINESE,
}

const CURRENCY: Readonly<Record<string, [one: string, many: string]>> = {
  $: ['dollar', 'dollars'],
  '€': ['euro', 'euros'],
  '£': ['pound', 'pounds'],
}

/** Longer numbers are telephone numbers or noise: they are read digit by digit. */
const LONGEST_CARDINAL = 15

const NUMBER = /([$€£])?(\d+(?:[.,]\d+)*)(st|nd|rd|th|er|ère|ème|º|ª)?(['’]?s(?!\p{L}))?(\s?[%％])?/giu

/**
 * Writes the numbers of a text as they are spoken in a language (English where it has no words for them).
 * @param next what follows the text in its line: 2023年 is read digit by digit, 2個 is liang
 */
export function spellNumbers(text: string, language: string, next = ''): string {
  const code = Object.hasOwn(SPEECH, language) ? language : 'en'
  return text.replace(NUMBER, (whole: string, ...found: (string | number | undefined)[]) => {
    const [currency, digits, ordinal, plural, percent, offset] = found as [
      string | undefined,
      string,
      string | undefined,
      string | undefined,
      string | undefined,
      number,
    ]
    const after = text.slice(offset + whole.length, offset + whole.length + 1) || next
    const unit = currency === undefined ? '' : ` ${CURRENCY[currency]![digits === '1' ? 0 : 1]}`
    let words = ordinal ? ordinalWords(digits, code) : spoken(digits, code, after)
    if (plural) words = words.endsWith('y') ? `${words.slice(0, -1)}ies` : `${words}s`
    if (percent)
      words =
        code === 'zh' || code === 'yue' ? SPEECH[code]!.percent + words : `${words} ${SPEECH[code]!.percent}`
    return ` ${words}${unit} `
  })
}

function spoken(digits: string, code: string, after: string): string {
  const chinese = code === 'zh' || code === 'yue'
  if (chinese && digits.length === 4 && after === '年') return digitByDigit(digits, code)
  if (chinese && digits === '2' && /[個个人天次年顆颗位隻只]/u.test(after)) return '两'
  const plain = withoutThousands(digits, SPEECH[code]!.thousands)
  if (plain === undefined)
    return digits
      .split(/[.,]/)
      .map((group) => spoken(group, code, ''))
      .join(' ')
  if (code === 'en' && /^(1[1-9]|20[1-9])\d*$/.test(plain) && plain.length === 4 && digits === plain)
    return englishYear(plain)
  return cardinal(plain, code)
}

/** Numbers with something between thousands. */
const GROUPED = {
  ',': /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/,
  '.': /^\d{1,3}(?:\.\d{3})+(?:,\d+)?$/,
} as const

/** The number with "." before its decimals, or undefined where it is several numbers (1.2.3). */
function withoutThousands(digits: string, thousands: ',' | '.'): string | undefined {
  if (!/[.,]/.test(digits)) return digits
  if (GROUPED[thousands].test(digits)) return digits.replaceAll(thousands, '').replace(',', '.')
  return /^\d+[.,]\d+$/.test(digits) ? digits.replace(',', '.') : undefined
}

function cardinal(number: string, code: string): string {
  const [whole = '', fraction = ''] = number.split('.')
  const tooLong = whole.length > LONGEST_CARDINAL || fraction.length > LONGEST_CARDINAL
  if (tooLong || /^0\d/.test(whole)) return digitByDigit(number.replace('.', ''), code)
  return SPEECH[code]!.cardinal(number)
}

function ordinalWords(digits: string, code: string): string {
  const ordinal = SPEECH[code]!.ordinal
  const possible = ordinal && digits.length <= LONGEST_CARDINAL && /^[1-9]\d*$/.test(digits)
  return possible ? ordinal(digits) : spoken(digits, code, '')
}

function digitByDigit(digits: string, code: string): string {
  const names = Array.from({ length: 10 }, (_, digit) => SPEECH[code]!.cardinal(String(digit)))
  const gap = code === 'zh' || code === 'yue' ? '' : ' '
  return Array.from(digits, (digit) => names[Number(digit)] ?? '').join(gap)
}

/** 1986 is nineteen eighty six, 1905 nineteen oh five, 1500 fifteen hundred. */
function englishYear(digits: string): string {
  const century = english.toCardinal(digits.slice(0, 2))
  const year = Number(digits.slice(2))
  if (year === 0) return `${century} hundred`
  return `${century} ${year < 10 ? 'oh ' : ''}${english.toCardinal(year)}`
}
