import type { AlignedLine } from '../types.ts'
import type { FormatOptions } from './options.ts'

type Wanted = NonNullable<FormatOptions['markers']>

/** Whether a line is sung in the recording, as far as is known: what subtitles show. */
export function isSung({ status }: AlignedLine): boolean {
  return status !== 'marker' && status !== 'blank' && status !== 'unsung'
}

/** The text of a marker as it is asked for. */
export function markerText(text: string, markers: Wanted): string {
  return markers === 'round' ? text.replaceAll('[', '(').replaceAll(']', ')') : text
}

/** Whether markers are to be left out. */
export function isOmitted(markers: Wanted): boolean {
  return markers === false || markers === 'omit'
}

/** The lines with their markers as they are asked for. */
export function withMarkers(lines: AlignedLine[], markers: Wanted): AlignedLine[] {
  if (markers === true || markers === 'keep') return lines
  if (isOmitted(markers)) return lines.filter(({ status }) => status !== 'marker')
  return lines.map((line) =>
    line.status === 'marker' ? { ...line, text: markerText(line.text, markers) } : line,
  )
}
