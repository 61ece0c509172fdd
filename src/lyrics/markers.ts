import type { Marker } from '../types.ts'
import { isChord, isChords, withoutChords } from './chords.ts'
import { isCredit } from './credits.ts'
import {
  label,
  lowered,
  nameOf,
  nameWithMore,
  singer,
  singers,
  times,
  timesAfterLine,
  timesIn,
  wholeName,
  wholeNameInBrackets,
} from './parts.ts'
import { endsOf, isWhole } from './rules.ts'

/** Longest line that is looked at, characters: names of parts are short. */
const LONGEST = 80
const DECORATION = ' \t*#=~_—–-'
/** Words that are sung often enough to be a marker only in brackets, or with a number. */
const SUNG_TOO = new Set(['end', 'break', 'solo', 'hook', 'vamp', 'first', 'last', 'all', 'to'])
/** The number of a verse alone in its line: "1." */
const VERSE_NUMBER = /^(?:(\d{1,2})[.)、]|[①-⑳])$/u
/** The header of an LRC file, [ti:A Song [Live]]; some are kilobytes long ([language:...]). */
const METADATA =
  /^\[(?:ar|ti|al|au|by|offset|re|ve|length|la|id|tool|lr|encoding|total|language|lang|hash|sign|qq|kana|key|album|artist|title|editor|version|#)\s*:.*\]$/isu
/** Musical directions. */
const DIRECTION = /^d\.\s?[cs]\.(?: al (?:fine|coda))?$/iu

/** What a line says of the song where it is not sung itself: the name of a part, how often, who sings, chords, credits. */
export function markerOf(line: string): Marker | undefined {
  if (isMetadata(line)) return { kind: 'credit' }
  if (line.length > 4 * LONGEST) return undefined
  const text = trimmed(line.normalize('NFKC').trim(), DECORATION)
  const groups = groupsOf(text)
  if (groups) return ofGroups(groups)
  if (isCredit(text)) return { kind: 'credit' }
  if (text.length > LONGEST) return undefined
  if (isChords(text)) return { kind: 'chords' }
  if (DIRECTION.test(text)) return { kind: 'direction' }
  const verse = verseNumber(line)
  if (verse !== undefined) return { kind: 'section', name: `verse ${verse}` }
  return ofCount(line) ?? ofRound(text) ?? ofName(text) ?? ofNameWithBrackets(text)
}

/** Whether a line names a part of the song or says how often it is sung, and is not itself sung. */
export function isMarker(line: string): boolean {
  return markerOf(line) !== undefined
}

/** Whether a line is one of the header of an LRC file ([ar:...], [offset:+500]), however long. */
export function isMetadata(line: string): boolean {
  return METADATA.test(line.trim())
}

/** "1.", ③. */
function verseNumber(line: string): number | undefined {
  const found = VERSE_NUMBER.exec(line.trim())
  if (!found) return undefined
  return found[1] === undefined ? line.trim().charCodeAt(0) - 0x245f : Number(found[1])
}

/** x2, *2, // alone. */
function ofCount(line: string): Marker | undefined {
  const text = lowered(line.normalize('NFKC').trim())
  if (/^\/{2,4}$/u.test(text)) return { kind: 'repeat', times: text.length }
  if (!isWhole(times, text)) return undefined
  return { kind: 'repeat', ...timesOnly(text) }
}

function timesOnly(text: string): { times?: number } {
  const often = timesIn(text)
  return often === undefined ? {} : { times: often }
}

/** What stands in brackets one group after the other, where nothing else does: [Verse 1] [x2], {start_of_chorus}. */
function groupsOf(text: string): string[] | undefined {
  const groups: string[] = []
  for (let at = 0; at < text.length; ) {
    const brace = text[at] === '{'
    if (!brace && !'[【〔'.includes(text[at]!)) return undefined
    const end = endOfGroup(text, at + 1, brace ? '}' : ']】〕')
    const inner = end === undefined ? undefined : text.slice(at + 1, end).trim()
    if (end === undefined || inner === undefined || (brace && inner.includes('{'))) return undefined
    if (isRepeatSign(inner)) return undefined
    groups.push(brace ? directive(inner) : inner)
    for (at = end + 1; at < text.length && /\s/u.test(text[at]!); ) at++
  }
  return groups.length > 0 ? groups : undefined
}

function endOfGroup(text: string, from: number, closing: string): number | undefined {
  for (let at = from; at < text.length; at++) if (closing.includes(text[at]!)) return at
  return undefined
}

/** [: O my Jesus :] is sung, and sung twice. */
function isRepeatSign(inner: string): boolean {
  return (
    inner.length > 2 &&
    inner.startsWith(':') &&
    inner.endsWith(':') &&
    !isWhole(wholeName, lowered(bare(inner.slice(1))))
  )
}

/** ChordPro: {start_of_chorus}, {soc}, {c: Chorus}. */
function directive(inner: string): string {
  const text = lowered(inner)
  const [word = '', rest = ''] = splitOnce(text, ':')
  const started =
    /^start_of_(verse|chorus|bridge|tab|grid)$/u.exec(word.trim())?.[1] ?? SHORT_DIRECTIVES[word.trim()]
  if (started) return rest.trim() !== '' && isWhole(wholeName, bare(rest.trim())) ? rest.trim() : started
  return COMMENTS.has(word.trim()) ? rest.trim() : text
}

const SHORT_DIRECTIVES: Readonly<Record<string, string>> = { sov: 'verse', soc: 'chorus', sob: 'bridge' }
const COMMENTS = new Set(['c', 'comment', 'ci', 'comment_italic', 'cb', 'comment_box'])

function splitOnce(text: string, at: string): [string, string] | [string] {
  const place = text.indexOf(at)
  return place < 0 ? [text] : [text.slice(0, place), text.slice(place + 1)]
}

/** [Verse 1] [x2]: the first that says something, and how often. */
function ofGroups(groups: readonly string[]): Marker {
  const read = groups.map((inner) => inBrackets(inner) ?? inChords(inner))
  const named =
    read.find((marker) => marker?.name !== undefined) ?? read.find((marker) => marker !== undefined)
  const often = read.find((marker) => marker?.times !== undefined)?.times
  return { kind: 'direction', ...named, ...(often !== undefined && { times: often }) }
}

function inChords(inner: string): Marker | undefined {
  return isChord(inner) || isChords(inner) ? { kind: 'chords' } : undefined
}

/** (Chorus), <x2>. */
function ofRound(text: string): Marker | undefined {
  if (!'(<'.includes(text[0] ?? ' ') || !')>'.includes(text.at(-1) ?? ' ')) return undefined
  const inner = text.slice(1, -1)
  return /[()<>]/u.test(inner) ? undefined : inBrackets(inner.trim())
}

function inBrackets(inner: string): Marker | undefined {
  if (inner.length > LONGEST) return undefined
  const text = lowered(inner)
  const plain = bare(text)
  if (isWhole(wholeNameInBrackets, plain)) return named(plain)
  if (isWhole(singers, plain)) return { kind: 'singer' }
  const [end] = endsOf(nameWithMore, text)
  return end === undefined ? undefined : named(text.slice(0, end - 1).trim())
}

function named(text: string): Marker {
  const { name, times: often, again } = nameOf(text)
  const kind = name !== undefined && !again ? 'section' : 'repeat'
  // "Repeat" alone: what was sung is sung once more
  const count = often ?? (name === undefined && again ? 2 : undefined)
  return { kind, ...(name !== undefined && { name }), ...(count !== undefined && { times: count }) }
}

function ofName(text: string): Marker | undefined {
  const plain = bare(lowered(text))
  if (isWhole(singers, plain)) return text.endsWith(':') ? { kind: 'singer' } : undefined
  return isWhole(wholeName, plain) && !SUNG_TOO.has(plain) ? named(plain) : undefined
}

/** (Chorus) x2, Outro (instrumental). */
function ofNameWithBrackets(text: string): Marker | undefined {
  const open = text.indexOf('(')
  const close = text.indexOf(')', open)
  const inner = text.slice(open + 1, close)
  if (open < 0 || close < 0 || inner.length === 0 || inner.length > 30 || inner.includes('('))
    return undefined
  const [before, after] = [text.slice(0, open).trim(), text.slice(close + 1).trim()]
  if (before === '') {
    const marker = isWhole(times, lowered(after)) ? inBrackets(inner.trim()) : undefined
    return marker && { ...marker, ...timesOnly(lowered(after)) }
  }
  if (after !== '') return undefined
  const groups = groupsOf(before)
  const marker = groups ? ofGroups(groups) : ofName(before)
  return marker && { ...timesOnly(lowered(inner)), ...marker }
}

/** Without white space, colons and dots at the end. */
function bare(text: string): string {
  return trimmed(text, ' \t:.', { start: false }).trim()
}

/** Without some characters at the ends; takes linear time, which a pattern for the end of a text does not. */
function trimmed(text: string, characters: string, { start = true } = {}): string {
  let from = 0
  let to = text.length
  while (start && from < to && characters.includes(text[from]!)) from++
  while (to > from && characters.includes(text[to - 1]!)) to--
  return text.slice(from, to)
}

/** Verses of hymn books are numbered: "1. Amazing grace", "2、我罪已得赦免". */
const NUMBER_BEFORE = /^(?:\d{1,2}[.)、．]|[①-⑳])\s*(?=["'“‘「『(（¿¡]*\p{L})/u
/** Another singer within the line: 男：主啊 女：我愛祢 */
const SINGER_WITHIN = /(?<=[\s，。；,;！!])[男女合齊齐眾众]\s*[:：]\s*/gu
/** x2 at the end of a line; looked for in its last characters alone. */
const COUNT_AFTER = /\s[x×✕*]\s{0,9}\d{1,2}$|\s\d{1,2}[x×✕]$/iu
const LONGEST_COUNT = 16
/** Longest label before a line, brackets and all. */
const LONGEST_LABEL = 160

/**
 * Removes what is not sung from a sung line: chords in brackets, the number of a verse or a label before it
 * ("1. ...", "Chorus: ..."), "(x2)" after it.
 */
export function withoutMarkers(line: string): string {
  const plain = withoutChords(line).trim().replace(NUMBER_BEFORE, '')
  const unlabelled = plain.slice(endOfLabel(plain)).replace(SINGER_WITHIN, '')
  return unlabelled.slice(0, startOfTimes(unlabelled)).trim()
}

/** How often a sung line says that it is sung: "Hallelujah (x2)", "// Hallelujah //", "[: Hallelujah :]", "Holy |: ... :|". */
export function timesOf(line: string): number | undefined {
  const text = line.trim()
  const after = text.slice(startOfTimes(text))
  if (after !== '') return timesIn(lowered(after)) ?? 2
  const slashes = /^\/{2,4}(?=[^/])/u.exec(text)?.[0]
  if (slashes && text.length > 2 * slashes.length && text.endsWith(slashes)) return slashes.length
  const signs = [
    ['[:', ':]'],
    ['|:', ':|'],
  ] as const
  return signs.some(
    ([open, close]) => text.includes(open) && text.lastIndexOf(close) > text.indexOf(open) + 1,
  )
    ? 2
    : undefined
}

/** Where a label before a line ends ("[Verse 1: Anna] Amazing", "(副歌) ...", "Chorus: ..."); 0 where there is none. */
function endOfLabel(line: string): number {
  const head = lowered(line.slice(0, LONGEST_LABEL))
  const end = endInSquare(head) ?? endInRound(head) ?? endBeforeColon(head)
  return end === undefined || line.slice(end).trim() === '' ? 0 : end
}

function endInSquare(head: string): number | undefined {
  if (!'[【〔'.includes(head[0] ?? ' ')) return undefined
  const end = endsOf(label, head, pastSpaces(head, 1)).find((place) => !/\p{L}/u.test(head[place] ?? ' '))
  const close = end === undefined ? undefined : endOfGroup(head, end, ']】〕')
  return close === undefined ? undefined : close + 1
}

function endInRound(head: string): number | undefined {
  if (!'(（'.includes(head[0] ?? ' ')) return undefined
  const from = pastSpaces(head, 1)
  const ends = '男女合齊齐領领眾众'.includes(head[from] ?? ' ') ? [from + 1] : endsOf(label, head, from)
  for (const end of ends) {
    const after = pastSpaces(head, end)
    const close = ':：'.includes(head[after] ?? ' ') ? endOfGroup(head, after, ')）') : after
    if (close !== undefined && ')）'.includes(head[close] ?? ' ')) return close + 1
  }
  return undefined
}

function endBeforeColon(head: string): number | undefined {
  const ends = [...endsOf(label, head), ...endsOf(singer, head)].map((end) => pastSpaces(head, end))
  const colon = ends.find((end) => ':：'.includes(head[end] ?? ' '))
  return colon === undefined ? undefined : colon + 1
}

function pastSpaces(text: string, from: number): number {
  let at = from
  while (at < text.length && /\s/u.test(text[at]!)) at++
  return at
}

/** Where "(x2)" or "x2" at the end of a line begins; its length where there is none. */
function startOfTimes(line: string): number {
  const text = trimmed(line, ' \t.', { start: false })
  if (')]）】'.includes(text.at(-1) ?? ' ')) {
    const open = Math.max(...['(', '[', '（', '【'].map((bracket) => text.lastIndexOf(bracket)))
    const inner = open < 0 ? '' : text.slice(open + 1, -1)
    const isTimes = inner.length <= LONGEST && isWhole(timesAfterLine, lowered(inner.trim()))
    return isTimes ? open : line.length
  }
  const from = Math.max(0, text.length - LONGEST_COUNT)
  const found = COUNT_AFTER.exec(text.slice(from))
  return found ? from + found.index : line.length
}
