import type { Layout } from './layout.ts'

/**
 * What is done with lines that name a part ([Chorus]): `true` writes them as they stand, `'round'` writes square brackets as
 * round ones, because many players of LRC drop what stands in square ones, `false` leaves the lines out.
 */
export const MARKERS = [true, false, 'round'] as const
export type Markers = (typeof MARKERS)[number]

/** How an alignment is written. A format that has no use for one of them does not heed it. */
export type FormatOptions = {
  /** The lines of the text (`written`, the default), or what is sung in the order it is sung. */
  layout?: Layout
  /** Of LRC: every line once, with all the times that it is sung before it. */
  compressed?: boolean
  /** `true` in LRC, `false` in subtitles, where they stand above the next sung line, unless told otherwise. */
  markers?: Markers
}
