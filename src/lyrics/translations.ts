/** Lines of a text that say what another line says: in another language, or in Latin letters. */
import { detectLanguage } from './language.ts'
import { inTurn, isWhole, maybe, type Rule, repeated, word } from './rules.ts'

/** A sung line as it is looked at here. `times` are its LRC tags, '' where it has none. */
export type TextLine = { index: number; text: string; times: string }

/** By line that is not sung: the line it belongs to, and what it is. */
export type Translations = Map<number, { original: number; kind: 'translation' | 'romanization' }>

/** Lines that say the same, in the order of the text. */
type Group = readonly TextLine[]

/** More lines of one time are no translations, but a text whose times say nothing. */
const MOST_IN_GROUP = 3
const FEWEST_GROUPS = 4

/**
 * Finds translations: lines of one time in another script (or, where most times are written twice, in any), and every second
 * or third line in another script where the whole text is written so. The first of them is sung, unless the language that was
 * asked for is that of another.
 * @param lines the lines that could be sung; neighbours in the text have neighbouring indexes
 * @param language a code, 'auto' or ''
 */
export function translationsOf(lines: readonly TextLine[], language: string): Translations {
  const timed = ofOneTime(lines)
  const groups = timed.length > 0 ? timed : ofTurns(lines)
  const found: Translations = new Map()
  for (const [size, alike] of groupedBy(groups, ({ length }) => length)) {
    const columns = Array.from({ length: size }, (_, at) => alike.map((group) => group[at]!.text))
    const sung = sungColumn(columns, language)
    const kinds = columns.map((column) => kindOf(column, columns[sung]!))
    for (const group of alike) {
      group.forEach(({ index }, at) => {
        if (at !== sung) found.set(index, { original: group[sung]!.index, kind: kinds[at]! })
      })
    }
  }
  return found
}

/** Lines under the same time, where they are in two scripts, or most of the text is written so. */
function ofOneTime(lines: readonly TextLine[]): Group[] {
  const timed = lines.filter(({ times }) => times !== '')
  const all = [...groupedBy(timed, ({ times }) => times).values()]
  const several = all.filter(({ length }) => length > 1 && length <= MOST_IN_GROUP)
  const inTwoScripts = several.filter(isInTwoScripts)
  const isWhole =
    (several.length >= FEWEST_GROUPS && several.length >= 0.6 * all.length) ||
    (inTwoScripts.length >= FEWEST_GROUPS && inTwoScripts.length >= several.length / 2)
  return isWhole ? several : inTwoScripts
}

function isInTwoScripts(group: Group): boolean {
  const [first, ...others] = group.map(({ text }) => scriptOf(text))
  return first !== '' && others.every((script) => script !== '' && script !== first)
}

/** Every second or third line in another script. */
function ofTurns(lines: readonly TextLine[]): Group[] {
  const scripts = lines.map(({ text }) => scriptOf(text))
  return inThrees(lines, scripts) ?? inTwos(lines, scripts) ?? []
}

/** Whether some lines from a place on stand one under the other. */
function areNeighbours(lines: readonly TextLine[], from: number, count: number): boolean {
  const first = lines[from]!.index
  for (let at = 1; at < count; at++) if (lines[from + at]?.index !== first + at) return false
  return true
}

function inThrees(lines: readonly TextLine[], scripts: readonly string[]): Group[] | undefined {
  const groups: Group[] = []
  for (let at = 0; at < lines.length; ) {
    const [first, second, third] = scripts.slice(at, at + 3)
    const isGroup = first !== second && first !== third && second !== '' && third !== ''
    if (isGroup && areNeighbours(lines, at, 3)) {
      groups.push(lines.slice(at, at + 3))
      at += 3
    } else at++
  }
  const isWhole = groups.length >= FEWEST_GROUPS && 3 * groups.length >= 0.85 * lines.length
  // two lines of one script are one more verse, not a translation, where the third is the next original
  const alike = groups.filter((group) => scriptOf(group[0]!.text) === scriptOf(groups[0]![0]!.text))
  return isWhole && alike.length >= 0.8 * groups.length ? groups : undefined
}

function inTwos(lines: readonly TextLine[], scripts: readonly string[]): Group[] | undefined {
  for (const script of new Set(scripts.filter((each) => each !== '' && each !== scripts[0]))) {
    const groups: Group[] = []
    for (let at = 0; at + 1 < lines.length; at++) {
      if (scripts[at] !== script && scripts[at + 1] === script && areNeighbours(lines, at, 2))
        groups.push([lines[at]!, lines[at + 1]!])
    }
    const translated = scripts.filter((each) => each === script).length
    const isWhole =
      groups.length >= FEWEST_GROUPS &&
      groups.length >= 0.8 * translated &&
      groups.length >= 0.8 * (lines.length - translated)
    if (isWhole) return groups
  }
  return undefined
}

/** Which of the lines of each group is sung: the first, but that of the language asked for, and never one in other letters. */
function sungColumn(columns: readonly (readonly string[])[], language: string): number {
  const languages = columns.map((column) => base(detect(column)))
  const asked = languages.indexOf(base(language))
  if (asked >= 0) return asked
  return columns[1] && isRomanization(columns[0]!, scriptOf(columns[1].join('\n'))) ? 1 : 0
}

function detect(texts: readonly string[]): string {
  return detectLanguage(texts.map((text, index) => ({ index, text, kind: 'sung' as const, sung: text })))
}

/** Both are written in Han. */
function base(language: string): string {
  return language === 'yue' ? 'zh' : language
}

function kindOf(column: readonly string[], sung: readonly string[]): 'translation' | 'romanization' {
  return isRomanization(column, scriptOf(sung.join('\n'))) ? 'romanization' : 'translation'
}

const syllables = (before: string, vowels: string, after: string) =>
  repeated(
    inTurn(maybe(word(...before.split(' '))), word(...vowels.split(' ')), maybe(word(...after.split(' ')))),
    1,
  )
/** Words that Japanese, Korean and Chinese make when they are written in Latin letters, without marks. */
const ROMANIZED: Readonly<Record<string, Rule>> = {
  kana: syllables(
    'k g s z t d n h b p m y r w j f ky gy sh ch ts ny hy by py my ry kk ss tt pp ssh tch',
    'a i u e o',
    'n',
  ),
  hangul: syllables(
    'kk tt pp ss jj ch g n d r l m b s j k t p h',
    'a e i o u eo ae yo yu ya ye yeo wae wa wo we wi oe eu ui',
    'ng ss n l m k p t s r g b d h j',
  ),
  han: syllables(
    'zh ch sh b p m f d t n l g k h j q x r z c s y w',
    'a e i o u v ai ei ao ou ia ie ua uo ui iu ue ve iao uai',
    'ng n r',
  ),
}

/** Whether lines of Latin letters are the sound of lines in another script. */
function isRomanization(column: readonly string[], script: string): boolean {
  const rule = ROMANIZED[script]
  if (!rule || scriptOf(column.join('\n')) !== 'latin') return false
  const words = column.flatMap((text) => plainWords(text))
  const fitting = words.filter((each) => isWhole(rule, each)).length
  return words.length > 0 && fitting >= 0.85 * words.length && ownWords(words) < 0.1 * words.length
}

/** Longest word that is looked at. */
const LONGEST_WORD = 40

function plainWords(text: string): string[] {
  const plain = text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  return (plain.match(/[a-z]+/gu) ?? []).map((each) => each.slice(0, LONGEST_WORD))
}

const ENGLISH = new Set(
  'the and of is in that we it for with all on be are this when our not but my i'.split(' '),
)

function ownWords(words: readonly string[]): number {
  return words.filter((each) => ENGLISH.has(each)).length
}

const SCRIPTS: readonly [string, RegExp, weight: number][] = [
  ['kana', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu, 1],
  ['han', /\p{Script=Han}/gu, 1],
  ['hangul', /\p{Script=Hangul}/gu, 1],
  // a word of letters counts as much as one character
  ['latin', /\p{Script=Latin}/gu, 0.2],
  ['cyrillic', /\p{Script=Cyrillic}/gu, 0.2],
  [
    'other',
    /(?![\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}])\p{L}/gu,
    0.2,
  ],
]

/** The script that most of a line is in, Japanese ('kana') where Han comes with kana; '' without a letter. */
function scriptOf(text: string): string {
  const counts = SCRIPTS.map(
    ([script, pattern, weight]) => [script, (text.match(pattern)?.length ?? 0) * weight] as const,
  )
  const [kana, han] = [counts[0]![1], counts[1]![1]]
  const most = counts.reduce((best, next) => (next[1] > best[1] ? next : best))
  if (most[1] === 0) return ''
  return most[0] === 'han' && kana * 10 >= han && kana > 0 ? 'kana' : most[0]
}

function groupedBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
