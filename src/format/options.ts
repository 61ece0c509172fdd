import type { Layout } from './layout.ts'

/**
 * What is done with lines that name a part ([Chorus]): `keep` writes them as they stand, `round` writes square brackets as
 * round ones, because many players of LRC drop what stands in square ones, `omit` leaves the lines out.
 */
export const MARKERS = ['keep', 'round', 'omit'] as const
export type Markers = (typeof MARKERS)[number]

/** How an alignment is written. A format that has no use for one of them does not heed it. */
export type FormatOptions = {
  /** The lines of the text (`written`, the default), or what is sung in the order it is sung. */
  layout?: Layout
  /** Of LRC: every line once, with all the times that it is sung before it. */
  compressed?: boolean
  /**
   * Unless told otherwise, LRC keeps markers and subtitles omit them; where they are wanted in subtitles, they stand above
   * the next sung line. `true` is `keep`, `false` is `omit`.
   */
  markers?: Markers | boolean
}
