import { basename } from 'node:path'

/** How names of recordings end: what the decoders read, and what they tell apart by the bytes. */
const RECORDINGS =
  /\.(mp3|mp2|wav|wave|w64|rf64|bwf|aif|aiff|aifc|flac|ogg|oga|opus|m4a|m4b|aac|mp4|m4v|mov|webm|mka|mkv)$/i

/** How names of lyrics end; of several beside one recording the first counts. */
export const LYRICS_ENDINGS = ['.txt', '.lrc', '.elrc', '.enhanced.lrc'] as const

export function isRecordingName(name: string): boolean {
  return RECORDINGS.test(name)
}

export function isLyricsName(name: string): boolean {
  return LYRICS_ENDINGS.some((ending) => name.toLowerCase().endsWith(ending))
}

/** The name of a recording without folder and ending. */
export function stemOf(recording: string): string {
  return basename(recording).replace(RECORDINGS, '')
}

/** One form for names that some file systems take for the same: accents written in one way, without upper case. */
export function folded(name: string): string {
  return name.normalize('NFC').toLowerCase()
}
