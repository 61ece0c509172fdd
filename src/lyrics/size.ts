import { AlignError } from '../errors.ts'

/** Longest lyrics, UTF-16 code units. */
export const MAX_LYRIC_CHARACTERS = 200_000
/** Most lines of lyrics, blank ones included. */
export const MAX_LYRIC_LINES = 5_000

/**
 * Refuses lyrics that are too large, or hold nothing but white space, without taking them apart: that is for a worker.
 * @throws AlignError LYRICS_TOO_LARGE or LYRICS_EMPTY
 */
export function checkLyricsSize(text: string): void {
  if (text.length > MAX_LYRIC_CHARACTERS)
    throw tooLarge(`at most ${MAX_LYRIC_CHARACTERS} characters of lyrics, got ${text.length}`)
  const lines = countLines(text)
  if (lines > MAX_LYRIC_LINES) throw tooLarge(`at most ${MAX_LYRIC_LINES} lines of lyrics, got ${lines}`)
  if (text.trim() === '') throw emptyLyrics(blankLines(lines))
}

export function emptyLyrics(got: string): AlignError {
  return new AlignError('LYRICS_EMPTY', `Expected at least one sung line of lyrics, got ${got}`)
}

export function blankLines(count: number): string {
  if (count === 0) return 'an empty text'
  return count === 1 ? 'one blank line' : `${count} blank lines`
}

export function tooLarge(message: string): AlignError {
  return new AlignError('LYRICS_TOO_LARGE', `Expected ${message}`)
}

const CR = 13
const LF = 10

/** As parseLyrics counts them: the end of the last line starts no other. */
function countLines(text: string): number {
  let lines = 0
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code !== LF && code !== CR) continue
    if (code === CR && text.charCodeAt(at + 1) === LF) at++
    lines++
    start = at + 1
  }
  return start < text.length ? lines + 1 : lines
}
