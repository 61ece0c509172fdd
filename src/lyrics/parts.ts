import { either, inTurn, maybe, oneOf, type Rule, repeated, word } from './rules.ts'

/** Names of song parts, in lower case, by what they mean. Nobody sings them. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  verse: ['verse', 'verses', 'estrofa', 'verso', 'couplet', 'strophe', 'vers', 'strofa', 'estrofe', 'куплет'],
  chorus: [
    ...['chorus', 'choruses', 'refrain', 'coro', 'estribillo', 'kehrvers', 'ritornello', 'refrão', 'припев'],
  ],
  'pre-chorus': [
    'prechorus',
    'pre-chorus',
    'precoro',
    'prérefrain',
    'pré-refrain',
    'prérefrão',
    'pré-refrão',
  ],
  bridge: ['bridge', 'puente', 'pont', 'brücke', 'ponte', 'бридж'],
  intro: ['intro', 'introduction', 'introducción', 'vorspiel', 'вступление'],
  outro: ['outro', 'ending', 'end', 'coda', 'nachspiel'],
  interlude: ['interlude', 'interludio', 'zwischenspiel', 'intermezzo', 'interlúdio', 'проигрыш'],
  instrumental: ['instrumental'],
  break: ['break'],
  tag: ['tag'],
  vamp: ['vamp'],
  hook: ['hook'],
  turnaround: ['turnaround'],
  solo: ['solo'],
}

/** The same where words are not set apart. `repeat` is no part: it says that one comes again. */
const CJK_PARTS: Readonly<Record<string, readonly string[]>> = {
  verse: ['主歌', 'aメロ', '절'],
  chorus: [
    ...[
      '副歌',
      'サビ',
      '大サビ',
      '落サビ',
      'ちサビ',
      '大ちサビ',
      '落ちサビ',
      'ラスサビ',
      'コーラス',
      'リフレイン',
    ],
    ...['후렴', '후렴구'],
  ],
  'pre-chorus': ['導歌', '导歌', '預副歌', '预副歌', 'bメロ'],
  bridge: ['橋段', '桥段', '橋', '桥', 'ブリッジ', '브릿지', '브리지', 'cメロ', 'dメロ'],
  intro: ['前奏', 'イントロ', '전주'],
  outro: ['尾奏', '後奏', '结尾', '結尾', '尾聲', '尾声', 'アウトロ', '후주'],
  interlude: ['間奏', '间奏', '간주', '過門', '过门'],
  transition: ['過渡', '过渡'],
  repeat: ['重複', '重复', '重覆', '重唱', 'くりかえし', '繰返し', '繰り返し', '반복'],
}

/** Before a part; what stands with a number is that number. */
const MODIFIERS: Readonly<Record<string, string>> = {
  ...{ pre: 'pre-', pré: 'pre-', post: 'post-', pós: 'post-' },
  ...{ '1st': '1', first: '1', '2nd': '2', second: '2', '3rd': '3', third: '3' },
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => [`${number}th`, `${number}`])),
  ...{ repeat: 'repeat', 'back to': 'repeat', 'go to': 'repeat', to: 'repeat' },
  ...Object.fromEntries(
    [
      'final',
      'last',
      'half',
      'full',
      'big',
      'double',
      'instrumental',
      'musical',
      'guitar',
      'piano',
      'all',
    ].map((name) => [name, '']),
  ),
}

const NUMBER_WORDS = ['one', 'two', 'three', 'four', 'five', 'six']
const HAN_DIGITS = '一二三四五六七八九十'
const HANGUL_DIGITS = '일이삼사'
const FEW = '一二兩两三四五六'

const spaces = repeated(oneOf(/\s/u))
const someSpaces = repeated(oneOf(/\s/u), 1)
const digit = oneOf(/\d/u)
const digits = repeated(digit, 1, 2)
const numbered = inTurn(digits, maybe(oneOf(/[a-z]/u)))
const count = either(numbered, oneOf('abcde'), repeated(oneOf('ivx'), 1, 4), word(...NUMBER_WORDS))
const dots = oneOf(/[\s.-]/u)

/** x2, 2x, 3 times, 2次. */
export const times: Rule = either(
  inTurn(oneOf('x×✕*'), spaces, digits),
  inTurn(digits, spaces, oneOf('x×✕')),
  inTurn(digits, word(' '), word('times', 'veces', 'vezes', 'fois', 'mal', 'volte', 'раз', 'раза')),
  inTurn(digits, spaces, oneOf('次遍回번')),
  inTurn(word('重'), oneOf('複复覆'), repeated(oneOf(/[\d一二兩两三四五六]/u), 1, 2), spaces, oneOf('次遍')),
)
const fewTimes = inTurn(oneOf(FEW), oneOf('次遍'))
/** Sung often enough ("twice", 一次) to say how often only in brackets. */
export const timesInBrackets: Rule = either(
  word('twice', 'two times', 'three times', 'four times', 'bis'),
  fewTimes,
)
/** How often, after the name of a part: here 副歌兩次 leaves no doubt. */
const timesOfPart = either(times, fewTimes, inTurn(digits, spaces, word('bars', '小節', '小节')))

const modifiers = repeated(inTurn(word(...Object.keys(MODIFIERS)), repeated(oneOf(/[\s-]/u), 1)), 0, 3)
const latinPart = inTurn(
  modifiers,
  either(
    // a number may stand at once after its word (Verse1), a letter may not (Coroa, Bridged are words)
    inTurn(
      word(...Object.values(PARTS).flat()),
      maybe(either(inTurn(repeated(dots), numbered), inTurn(repeated(dots, 1), count))),
    ),
    inTurn(word('ver'), spaces, numbered),
  ),
)
const ordinal = inTurn(maybe(word('第')), spaces, repeated(oneOf(/[\d一二三四五六七八九十]/u), 1), spaces)
const cjkName = word(...Object.values(CJK_PARTS).flat())
const cjkPart = either(
  inTurn(
    maybe(ordinal),
    cjkName,
    maybe(inTurn(spaces, cjkName)),
    spaces,
    repeated(oneOf(/[a-e\d一二三四五六]/u), 0, 2),
  ),
  inTurn(ordinal, oneOf('節节段番절')),
  inTurn(oneOf(HANGUL_DIGITS), word('절')),
  inTurn(oneOf('abcd'), word('段')),
)
const repeat = either(
  inTurn(word('repeat'), maybe(inTurn(someSpaces, either(times, word('twice'))))),
  word('se repite'),
)
/** As chord sheets shorten them: V1, C2, PC, B1. */
const short = either(
  inTurn(word('v', 'pc', 'ch'), maybe(oneOf(/\s/u)), digit),
  inTurn(word('c', 'b'), digit),
  word('pc'),
)
/** The name of one part. */
export const label: Rule = either(latinPart, cjkPart, repeat, short)

const separator = either(oneOf('/&+,、'), word('and'))
/** A line that is nothing but names of parts, and how often they are sung. */
export const wholeName: Rule = either(
  inTurn(
    label,
    repeated(inTurn(spaces, separator, spaces, either(label, count))),
    spaces,
    maybe(inTurn(maybe(word('(')), timesOfPart, maybe(word(')')))),
  ),
  times,
)
export const wholeNameInBrackets: Rule = either(wholeName, timesInBrackets)
/** A name, and something about it: (Chorus: Anna). */
export const nameWithMore: Rule = inTurn(label, spaces, oneOf('-–—:,(|'))
/** In brackets after a sung line: (repeat x2), (bis). */
export const timesAfterLine: Rule = inTurn(
  maybe(inTurn(word('repeat', 'sing'), spaces)),
  either(times, timesInBrackets, word('repeat', 'se repite', '重複', '重复', '重覆')),
)

/** Who sings: only in brackets or before a colon, for all of these are sung, too. */
export const singer: Rule = either(
  ...[
    word(
      'men',
      'women',
      'all',
      'both',
      'leader',
      'worship leader',
      'people',
      'choir',
      'congregation',
      'soloist',
    ),
    inTurn(word('group '), digit),
    word('echo', 'ladies', 'girls', 'boys', 'children', 'kids', 'hombres', 'mujeres', 'todos'),
    oneOf('男女合齊齐領领眾众'),
    word('男女', '全體', '全体', '齊唱', '齐唱', '合唱', '獨唱', '独唱', '和聲', '和声'),
  ],
)
export const singers: Rule = inTurn(singer, maybe(inTurn(spaces, oneOf('/&+,、'), spaces, singer)))

/** Lower case, character by character, so that places stay where they are. */
export function lowered(text: string): string {
  const lower = text.toLowerCase()
  if (lower.length === text.length) return lower
  return Array.from(text, (character) => {
    const one = character.toLowerCase()
    return one.length === character.length ? one : character
  }).join('')
}

/** What the name of a part means. */
export type Name = {
  /** In English, with its number: verse 1, chorus, pre-chorus. Refrain, 副歌 and Coro are all a chorus. */
  name?: string
  /** How often, where it is said. */
  times?: number
  /** Whether it says that something comes again. */
  again: boolean
}

/** Reads a text that is a {@link wholeName}, or begins with a {@link label}, in lower case: its first name, and how often. */
export function nameOf(text: string): Name {
  const again = /repeat|repite|重[複复覆唱]|くりかえし|繰り?返し|반복|^(?:back |go )?to /u.test(text)
  const often = timesIn(text)
  const name = partOf(text)
  return { ...(name !== undefined && { name }), ...(often !== undefined && { times: often }), again }
}

const ALL_PARTS = Object.entries({ ...PARTS }).flatMap(([part, words]) =>
  words.map((each) => [each, part] as const),
)
const ALL_CJK_PARTS = Object.entries(CJK_PARTS).flatMap(([part, words]) =>
  words.map((each) => [each, part] as const),
)
const LONGEST_FIRST = [...ALL_PARTS, ...ALL_CJK_PARTS].sort(([a], [b]) => b.length - a.length)
const SHORT_PARTS: Readonly<Record<string, string>> = {
  v: 'verse',
  c: 'chorus',
  ch: 'chorus',
  pc: 'pre-chorus',
  b: 'bridge',
}

function partOf(text: string): string | undefined {
  const brief = /^(v|pc|ch|c|b)\s?(\d?)(?!\p{L})/u.exec(text)
  if (brief && (brief[2] !== '' || brief[1] === 'pc')) return joined(SHORT_PARTS[brief[1]!]!, brief[2]!)
  const verse =
    /^(?:ver\s{0,9}(\d{1,2}[a-z]?)|第?\s{0,9}([\d一二三四五六七八九十]{1,3})\s{0,9}[節节段番절]|([일이삼사])절)/u.exec(
      text,
    )
  if (verse) return joined('verse', numberOf(verse[1] ?? verse[2] ?? verse[3]!))
  const section = /^([a-d])段/u.exec(text)
  if (section) return `section ${section[1]}`
  return firstPart(text)
}

function firstPart(text: string): string | undefined {
  const { before, rest } = modifiersOf(text)
  const ordinalBefore = /^第?\s{0,9}([\d一二三四五六七八九十]{1,3})\s{0,9}/u.exec(rest)
  const named = ordinalBefore ? rest.slice(ordinalBefore[0].length) : rest
  const found = LONGEST_FIRST.find(([each]) => named.startsWith(each))
  if (!found) return before.includes('instrumental') ? 'instrumental' : undefined
  const [spelled, part] = found
  const after = named.slice(spelled.length)
  if (part === 'repeat') return after.trim() === '' ? undefined : partOf(after.trim())
  const meanings = before.map((modifier) => MODIFIERS[modifier]!)
  const prefix = part === 'chorus' ? (meanings.find((meaning) => meaning.endsWith('-')) ?? '') : ''
  const own = numberAfter(after) ?? meanings.find((meaning) => /^\d/u.test(meaning)) ?? ordinalBefore?.[1]
  return joined(prefix + part, own === undefined ? '' : numberOf(own))
}

/** The words before the name of a part; a modifier that is a part itself stays where nothing follows it. */
function modifiersOf(text: string): { before: string[]; rest: string } {
  const before: string[] = []
  let rest = text
  for (;;) {
    const found = MODIFIER.exec(rest)
    const whole = LONGEST_FIRST.some(
      ([each]) => each.length > (found?.[1]?.length ?? 0) && rest.startsWith(each),
    )
    if (!found || whole || found[0].length === rest.length) return { before, rest }
    before.push(found[1]!)
    rest = rest.slice(found[0].length)
  }
}

const MODIFIER =
  /^(back to|go to|to|pr[eé]|post|pós|1st|2nd|3rd|[1-9]th|first|second|third|final|last|half|full|big|double|instrumental|musical|guitar|piano|repeat|all)[\s-]{1,9}/u

/** The number behind a name; how often it is sung is none. */
function numberAfter(text: string): string | undefined {
  const found =
    /^[\s.-]{0,9}(\d{1,2}[a-wyz]?|[一二三四五六])(?![\dx×✕次遍回번]|\s?(?:times|x|×|bars|小|次|遍))/u.exec(
      text,
    ) ??
    /^[\s.-]{1,9}([a-e]|[ivx]{1,4}|one|two|three|four|five|six)(?![\p{L}\d]|\s?\d)/u.exec(text) ??
    /^\s{0,9}([a-e])(?=\s*$)/u.exec(text)
  return found?.[1]
}

const ROMAN: Readonly<Record<string, number>> = {
  i: 1,
  ii: 2,
  iii: 3,
  iv: 4,
  v: 5,
  vi: 6,
  vii: 7,
  viii: 8,
  ix: 9,
  x: 10,
  xi: 11,
  xii: 12,
}

function numberOf(text: string): string {
  if (/^\d/u.test(text)) return text
  if (ROMAN[text] !== undefined) return String(ROMAN[text])
  const spelled = NUMBER_WORDS.indexOf(text)
  if (spelled >= 0) return String(spelled + 1)
  const hangul = HANGUL_DIGITS.indexOf(text)
  if (hangul >= 0) return String(hangul + 1)
  const [tens, units] = text.includes('十') ? text.split('十') : ['', text]
  const value =
    (text.includes('十') ? 10 * (HAN_DIGITS.indexOf(tens || '一') + 1) : 0) + HAN_DIGITS.indexOf(units!) + 1
  return value > 0 ? String(value) : text
}

function joined(part: string, number: string): string {
  return number === '' ? part : `${part} ${number}`
}

/** In the order in which they are looked for. */
const TIMES = [
  /[x×✕*]\s{0,9}(\d{1,2})(?!\d)/u,
  /(\d{1,2})\s{0,9}(?:[x×✕次遍回번]|(?:times|veces|vezes|fois|mal|volte|раза?)(?!\p{L}))/u,
  /重[複复覆]([\d一二兩两三四五六]{1,2})/u,
  /([一二兩两三四五六])\s{0,9}[次遍]/u,
  /(twice|two times|bis|three times|four times)(?!\p{L})/u,
]
const TIMES_WORDS: Readonly<Record<string, number>> = {
  ...{ twice: 2, 'two times': 2, bis: 2, 'three times': 3, 'four times': 4 },
  ...{ 一: 1, 二: 2, 兩: 2, 两: 2, 三: 3, 四: 4, 五: 5, 六: 6 },
}

/** How often a text says that something is sung: (x2), 2x, twice, 兩次. */
export function timesIn(text: string): number | undefined {
  const found = TIMES.map((pattern) => pattern.exec(text)?.[1]).find((each) => each !== undefined)
  if (found === undefined) return undefined
  const number = TIMES_WORDS[found] ?? Number(found)
  return Number.isInteger(number) && number > 0 ? number : undefined
}
