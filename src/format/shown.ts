import type { AlignedLine } from '../types.ts'
import type { Markers } from './options.ts'

/** Whether a line is sung in the recording, as far as is known: what subtitles show. */
export function isSung({ status }: AlignedLine): boolean {
  return status !== 'marker' && status !== 'blank' && status !== 'unsung'
}

/** The text of a marker as it is asked for. */
export function markerText(text: string, markers: Markers): string {
  return markers === 'round' ? text.replaceAll('[', '(').replaceAll(']', ')') : text
}

/** The lines with their markers as they are asked for. */
export function withMarkers(lines: AlignedLine[], markers: Markers): AlignedLine[] {
  if (markers === true) return lines
  if (markers === false) return lines.filter(({ status }) => status !== 'marker')
  return lines.map((line) =>
    line.status === 'marker' ? { ...line, text: markerText(line.text, markers) } : line,
  )
}
