import type { Alignment } from '../types.ts'
import { clock, cuesOf } from './cues.ts'
import type { LayoutOptions } from './layout.ts'

/** SubRip subtitles of the sung lines. SRT has no escapes: an arrow in the lyrics becomes →, the rest stays as it is. */
export function toSrt(alignment: Alignment, { layout = 'written' }: LayoutOptions = {}): string {
  return cuesOf(alignment, layout)
    .map(({ start, end, text }, i) => {
      const times = `${clock(start, ',')} --> ${clock(end, ',')}`
      return `${i + 1}\n${times}\n${text.replaceAll('-->', '→')}\n`
    })
    .join('\n')
}
