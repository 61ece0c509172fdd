import type { Alignment } from '../types.ts'
import { toEnhancedLrc } from './enhanced-lrc.ts'
import type { Format } from './files.ts'
import { toJson } from './json.ts'
import { toLrc } from './lrc.ts'
import type { FormatOptions } from './options.ts'
import { toSrt } from './srt.ts'
import { toVtt } from './vtt.ts'

export type { Format }

/** Every format by its name. */
export const formats = {
  lrc: toLrc,
  'enhanced-lrc': toEnhancedLrc,
  json: (alignment, options) => JSON.stringify(toJson(alignment, options), null, 2),
  srt: toSrt,
  vtt: toVtt,
} as const satisfies Record<Format, (alignment: Alignment, options?: FormatOptions) => string>

/** Whether a word names one of the {@link formats}. */
export function isFormat(name: string): name is Format {
  return Object.hasOwn(formats, name)
}

/** The alignment as the contents of a file: text that ends with one line end. */
export function formatAlignment(alignment: Alignment, format: Format, options: FormatOptions = {}): string {
  return `${formats[format](alignment, options).trimEnd()}\n`
}
