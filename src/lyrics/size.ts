import { AlignError } from '../errors.ts'

/**
 * Longest lyrics, UTF-16 code units: three hours of singing. Of more, the times of all words would hold up the main thread for
 * longer than health checks wait.
 */
export const MAX_LYRIC_CHARACTERS = 100_000
/** Most lines of lyrics, blank ones included. */
export const MAX_LYRIC_LINES = 5_000
/** Longest line, UTF-16 code units. */
export const MAX_LINE_CHARACTERS = 5_000

/**
 * Refuses lyrics that are too large, or hold nothing but white space, without taking them apart: that is for a worker.
 * @throws AlignError LYRICS_TOO_LARGE or LYRICS_EMPTY
 */
export function checkLyricsSize(text: string): void {
  if (text.length > MAX_LYRIC_CHARACTERS)
    throw tooLarge(`at most ${MAX_LYRIC_CHARACTERS} characters of lyrics, got ${text.length}`)
  const { lines, longest } = measureLines(text)
  if (lines > MAX_LYRIC_LINES) throw tooLarge(`at most ${MAX_LYRIC_LINES} lines of lyrics, got ${lines}`)
  if (longest.characters > MAX_LINE_CHARACTERS) throw tooLongLine(longest.line, longest.characters)
  if (text.trim() === '') throw emptyLyrics(blankLines(lines))
}

export function emptyLyrics(got: string): AlignError {
  return new AlignError('LYRICS_EMPTY', `Expected at least one sung line of lyrics, got ${got}`)
}

export function blankLines(count: number): string {
  if (count === 0) return 'an empty text'
  return count === 1 ? 'one blank line' : `${count} blank lines`
}

export function tooLongLine(line: number, characters: number): AlignError {
  return tooLarge(`lines of at most ${MAX_LINE_CHARACTERS} characters, got ${characters} in line ${line}`)
}

export function tooLarge(message: string): AlignError {
  return new AlignError('LYRICS_TOO_LARGE', `Expected ${message}`)
}

const CR = 13
const LF = 10

/** As parseLyrics counts them: the end of the last line starts no other. `longest` is the first that is too long, if any. */
function measureLines(text: string): { lines: number; longest: { line: number; characters: number } } {
  let lines = 0
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0
  let longest = { line: 0, characters: 0 }
  const end = (at: number) => {
    lines++
    if (longest.characters <= MAX_LINE_CHARACTERS && at - start > longest.characters)
      longest = { line: lines, characters: at - start }
  }
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code !== LF && code !== CR) continue
    end(at)
    if (code === CR && text.charCodeAt(at + 1) === LF) at++
    start = at + 1
  }
  if (start < text.length) end(text.length)
  return { lines, longest }
}
