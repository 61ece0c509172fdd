import { type Format, formatAlignment, formats } from '../../format/format.ts'
import type { Layout } from '../../format/layout.ts'
import { fileName } from '../io/download.ts'
import { projectText } from '../song/project.ts'
import { type Song, textOf, toAlignment } from '../song/song.ts'
import type { Entry } from './entry.ts'

export const FORMATS = Object.keys(formats) as Format[]

const ENDINGS: Partial<Record<Format, string>> = { 'enhanced-lrc': 'enhanced.lrc' }

/** The contents of a file in one of the library's formats, by the library's own writers. */
export function contentsOf(song: Song, format: Format, layout: Layout): string {
  return formatAlignment(toAlignment(song), format, { layout })
}

/** A file named after the song. */
export function exportName(title: string, format: Format): string {
  return `${fileName(title)}.${ENDINGS[format] ?? format}`
}

export function projectName(title: string): string {
  return `${fileName(title)}.sow-align.json`
}

/** The project of an entry that has its times. */
export function projectOf(entry: Entry, song: Song): string {
  return projectText({
    title: entry.title.peek(),
    lyrics: textOf(song),
    language: entry.songLanguage.peek(),
    audio: { name: entry.audioName.peek() ?? '', sha256: entry.audioHash.peek() },
    song,
  })
}
