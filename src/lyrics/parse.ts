import type { LyricLine } from '../types.ts'
import { isMarker, withoutMarkers } from './markers.ts'
import {
  blankLines,
  emptyLyrics,
  MAX_LINE_CHARACTERS,
  MAX_LYRIC_CHARACTERS,
  MAX_LYRIC_LINES,
  tooLarge,
  tooLongLine,
} from './size.ts'

/**
 * Takes lyrics apart into lines, one entry for each line of the input. Lines end with \n, \r\n or \r; the end of the
 * last line does not start another, so "a\n" is one line, "\n" one blank line and "" none. A byte order mark at the
 * beginning is not part of the first line. Never throws of itself.
 * @param checkpoint called before every line; throws where the work is to end
 */
export function parseLyrics(text: string, checkpoint: () => void = () => {}): LyricLine[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line, index) => {
    checkpoint()
    return parseLine(line, index)
  })
}

const CLOCK = '(?:(\\d{1,2}):(?=\\d{1,2}:\\d{1,2}[.]))?(\\d{1,3}):(\\d{1,2})(?:[.:](\\d{1,3}))?'
const LEADING_TAGS = new RegExp(`^(?:\\s*\\[${CLOCK}\\])+`, 'u')
const INNER_TAGS =
  /\[(?:\d{1,2}:)?\d{1,3}:\d{1,2}[.:]\d{1,3}\]|<(?:\d{1,2}:)?\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?>/gu
const FIRST_TAG = new RegExp(`[[<]${CLOCK}[\\]>]`, 'u')

function parseLine(text: string, index: number): LyricLine {
  const bounded = withBoundedMarks(text)
  const visible = clean(bounded)
  const untimed = visible.replace(LEADING_TAGS, '').replace(INNER_TAGS, '').replace(/ {2,}/g, ' ').trim()
  const hint = untimed === visible ? undefined : hintOf(visible)
  // chords are told by their spacing, so the line is looked at before white space is folded
  const sung = untimed === '' || isMarker(untimed) || isMarker(bounded.trim()) ? '' : withoutMarkers(untimed)
  const kind = untimed === '' ? 'blank' : PRONOUNCEABLE.test(sung) ? 'sung' : 'marker'
  return { index, text, kind, sung: kind === 'sung' ? sung : '', ...(hint === undefined ? {} : { hint }) }
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

/** NFC, one space for every run of white space and control characters, nothing invisible. Takes cut text. */
function clean(text: string): string {
  const spaced = withoutHtml(text)
    .replace(FILLERS, ' ')
    .replace(INVISIBLE, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
  return spaced.normalize('NFC').trim()
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
