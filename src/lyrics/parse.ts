import type { LyricLine, Marker } from '../types.ts'
import { creditLines, type PlacedLine } from './credit-lines.ts'
import { isMetadata, markerOf, withoutMarkers } from './markers.ts'
import {
  blankLines,
  emptyLyrics,
  MAX_LINE_CHARACTERS,
  MAX_LYRIC_CHARACTERS,
  MAX_LYRIC_LINES,
  tooLarge,
  tooLongLine,
} from './size.ts'
import { translationsOf } from './translations.ts'

/**
 * Takes lyrics apart into lines, one entry for each line of the input. Lines end with \n, \r\n or \r; the end of the
 * last line does not start another, so "a\n" is one line, "\n" one blank line and "" none. A byte order mark at the
 * beginning is not part of the first line. Never throws of itself.
 * Credits before and behind the song and translations are not sung: for that the text is looked at as a whole.
 * @param checkpoint called before every line; throws where the work is to end
 * @param language a code of SUPPORTED_LANGUAGES, or 'auto': of a line and its translation the one in this language is sung
 */
export function parseLyrics(text: string, checkpoint: () => void = () => {}, language = 'auto'): LyricLine[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)
  if (lines.at(-1) === '') lines.pop()
  const last = lines.findLastIndex((line) => line.trim() !== '')
  const read = lines.map((line, index) => {
    checkpoint()
    return readLine(line, index, index === last)
  })
  const credits = creditLines(read.map(placed))
  const own = read.map((each) =>
    credits.has(each.line.index) ? { ...each, line: asMarker(each.line, { kind: 'credit' }) } : each,
  )
  return withTranslations(own, language)
}

/**
 * A line with what is known of it alone. `spaced` is what it shows, with its white space and without time tags; `times` are the
 * tags before it, '' where it has none.
 */
type ReadLine = { line: LyricLine; marker: Marker | undefined; spaced: string; times: string }

function placed({ line, marker, spaced }: ReadLine): PlacedLine {
  return {
    kind: line.kind,
    text: spaced,
    isSection: marker?.kind === 'section' || marker?.kind === 'repeat',
    // the header of an LRC file says nothing about the lines behind it
    isCredit: marker?.kind === 'credit' && !isMetadata(spaced),
  }
}

/** Translations beside the lines they belong to; the lines they stand in are not sung. */
function withTranslations(read: readonly ReadLine[], language: string): LyricLine[] {
  const sung = read.filter(({ line }) => line.kind === 'sung')
  const found = translationsOf(
    sung.map(({ line, times }) => ({ index: line.index, text: line.sung, times })),
    language,
  )
  const lines = read.map(({ line }) => {
    const { original, kind } = found.get(line.index) ?? {}
    return kind ? { ...asMarker(line, { kind }), translates: original! } : line
  })
  for (const [index, { original, kind }] of found) {
    const before = lines[original]![kind]
    const text = read[index]!.line.sung
    lines[original] = { ...lines[original]!, [kind]: before === undefined ? text : `${before}\n${text}` }
  }
  return lines
}

function asMarker({ index, text, hint }: LyricLine, marker: Marker): LyricLine {
  return { index, text, kind: 'marker', sung: '', marker, ...(hint !== undefined && { hint }) }
}

const CLOCK = '(?:(\\d{1,2}):(?=\\d{1,2}:\\d{1,2}[.]))?(\\d{1,3}):(\\d{1,2})(?:[.:](\\d{1,3}))?'
const LEADING_TAGS = new RegExp(`^(?:\\s*\\[${CLOCK}\\])+`, 'u')
const INNER_TAGS =
  /\[(?:\d{1,2}:)?\d{1,3}:\d{1,2}[.:]\d{1,3}\]|<(?:\d{1,2}:)?\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?>/gu
const TAG = new RegExp(`\\[${CLOCK}\\]`, 'gu')
const FIRST_TAG = new RegExp(`[[<]${CLOCK}[\\]>]`, 'u')

function readLine(text: string, index: number, isLast: boolean): ReadLine {
  const bounded = withoutHtml(withBoundedMarks(text))
  const visible = clean(bounded)
  const tags = LEADING_TAGS.exec(visible)?.[0] ?? ''
  const plain = visible.slice(tags.length).replace(INNER_TAGS, '').replace(/ {2,}/g, ' ').trim()
  const untimed = withoutSite(plain, isLast)
  const times = tags === '' ? '' : timesOfTags(tags)
  const spaced = bounded.trim().replace(LEADING_TAGS, '').replace(INNER_TAGS, '').trim()
  const hint = plain === visible ? undefined : hintOf(visible)
  const base = { index, text, ...(hint !== undefined && { hint }) }
  if (untimed === '') return { line: { ...base, kind: 'blank', sung: '' }, marker: undefined, spaced, times }
  // chords are told by their spacing, so the line is looked at before white space is folded
  const marker = markerOf(untimed) ?? markerOf(spaced)
  const sung = marker ? '' : withoutMarkers(untimed)
  const line: LyricLine = PRONOUNCEABLE.test(sung)
    ? { ...base, kind: 'sung', sung }
    : { ...base, kind: 'marker', sung: '', marker: marker ?? { kind: 'direction' } }
  return { line, marker, spaced, times }
}

/** What a site of lyrics glues to a line: "You might also like" before the next, "12Embed" behind the last. */
function withoutSite(text: string, isLast: boolean): string {
  const own = text.replace(/^You might also like(?=[\p{Lu}\p{Lo}[("'“‘])/u, '')
  const embed = isLast ? /\d{0,3}Embed$/u.exec(own)?.index : undefined
  return embed !== undefined && embed > 0 && own[embed - 1] !== ' ' ? own.slice(0, embed) : own
}

/** Most marks upon one letter. No script needs half as many. */
const MAX_MARKS = 32
/** The half-width marks of kana become combining ones where text is normalised. */
const MARKS = new RegExp(`([\\p{M}ﾞﾟ]{${MAX_MARKS}})[\\p{M}ﾞﾟ]+`, 'gu')

/** To normalise a text is to sort the marks of each letter, which takes the square of their number: so that is bounded first. */
function withBoundedMarks(text: string): string {
  return text.replace(MARKS, '$1')
}

/** A line without a letter or digit (♪, ---, an emoji) is never sung. */
const PRONOUNCEABLE = /[\p{L}\p{N}]/u
/** Looks like nothing, and is no white space to Unicode: the fillers of Hangul and the empty Braille cell. */
const FILLERS = /[\u115f\u1160\u3164\uffa0\u2800]/gu
/** Zero-width and directional characters; the joiner inside emoji and Indic words stays. */
const INVISIBLE = /(?<![\p{Extended_Pictographic}\p{M}\p{L}])\u200d|(?!\u200d)\p{Cf}|\p{Cs}/gu

/** Readings above the characters, as web pages write them, become readings in brackets; other tags of text go. */
const RUBY = /<rt\b[^<>]*>([^<>]*)<\/rt>/giu
const HTML =
  /<rp\b[^<>]*>[^<>]*<\/rp>|<\/?(?:ruby|rb|rtc?|b|i|u|em|strong|font|span|br|p|div)(?:\s[^<>]*|\s*\/)?>/giu
const ENTITY = /&(?:amp|quot|apos|nbsp|#0?39|#x27);/giu
const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&quot;': '"', '&nbsp;': ' ' }

/** Lyrics copied from a page may hold its markup. */
function withoutHtml(text: string): string {
  const entities = text.replace(ENTITY, (found) => ENTITIES[found.toLowerCase()] ?? "'")
  return entities.includes('<') ? entities.replace(RUBY, '($1)').replace(HTML, '') : entities
}

/** NFC, one space for every run of white space and control characters, nothing invisible. */
function clean(text: string): string {
  const spaced = text
    .replace(FILLERS, ' ')
    .replace(INVISIBLE, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
  return spaced.normalize('NFC').trim()
}

/** The times of some tags, one spelling for each: [00:12.3] and [0:12.30] are the same. */
function timesOfTags(tags: string): string {
  const all = tags.match(TAG) ?? []
  return all.map((tag) => (hintOf(tag) ?? 0).toFixed(3)).join(' ')
}

/** Seconds of the first tag. */
function hintOf(line: string): number | undefined {
  const found = FIRST_TAG.exec(line)
  if (!found) return undefined
  const [, hours = '0', minutes, seconds, fraction = '0'] = found
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) + Number(`0.${fraction}`)
}

/**
 * Refuses lyrics that cannot be aligned.
 * @throws AlignError LYRICS_EMPTY where no line is sung, LYRICS_TOO_LARGE over the limits
 */
export function checkLyrics(lines: readonly LyricLine[]): void {
  if (lines.length > MAX_LYRIC_LINES) {
    throw tooLarge(`at most ${MAX_LYRIC_LINES} lines of lyrics, got ${lines.length}`)
  }
  const long = lines.find(({ text }) => text.length > MAX_LINE_CHARACTERS)
  if (long) throw tooLongLine(long.index + 1, long.text.length)
  const characters = lines.reduce((sum, { text }) => sum + text.length, 0)
  if (characters > MAX_LYRIC_CHARACTERS) {
    throw tooLarge(`at most ${MAX_LYRIC_CHARACTERS} characters of lyrics, got ${characters}`)
  }
  if (!lines.some(({ kind }) => kind === 'sung')) {
    throw emptyLyrics(contentOf(lines))
  }
}

function contentOf(lines: readonly LyricLine[]): string {
  const marker = lines.find(({ kind }) => kind === 'marker')
  if (!marker) return blankLines(lines.length)
  return `only section markers and blank lines (such as ${JSON.stringify(marker.text.slice(0, 40))})`
}
