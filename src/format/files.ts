/** The names of the formats. */
export const FORMATS = ['lrc', 'enhanced-lrc', 'json', 'srt', 'vtt'] as const
export type Format = (typeof FORMATS)[number]

/** How a format is known outside: the usual ending comes first, and so does the media type that an answer has. */
export type FormatFile = {
  endings: readonly [string, ...string[]]
  mediaTypes: readonly [string, ...string[]]
}

/** How files of every format are named, and called over HTTP. */
export const FORMAT_FILES: Readonly<Record<Format, FormatFile>> = {
  lrc: { endings: ['.lrc'], mediaTypes: ['text/plain', 'text/x-lrc', 'application/x-lrc'] },
  'enhanced-lrc': { endings: ['.enhanced.lrc', '.elrc'], mediaTypes: ['text/plain'] },
  json: { endings: ['.json'], mediaTypes: ['application/json'] },
  srt: { endings: ['.srt'], mediaTypes: ['application/x-subrip', 'text/srt'] },
  vtt: { endings: ['.vtt', '.webvtt'], mediaTypes: ['text/vtt'] },
}

/**
 * The format that the name of a file asks for by its ending, in upper or lower case; undefined where none is known by it.
 * Of two endings that fit, the longer one counts: `song.enhanced.lrc` is enhanced LRC.
 */
export function formatOfFile(name: string): Format | undefined {
  const lower = name.toLowerCase()
  const fitting = FORMATS.flatMap((format) =>
    FORMAT_FILES[format].endings
      .filter((ending) => lower.endsWith(ending.toLowerCase()))
      .map((ending) => ({ format, length: ending.length })),
  )
  return fitting.sort((a, b) => b.length - a.length)[0]?.format
}
