import type { Jumps } from './jumps.ts'

/** What the search walks over. */
export type Trellis = {
  /** Row-major [frames, size], natural log. */
  logProbs: Float32Array
  frames: number
  size: number
  /** Log-score of staying in a gap, by kind and frame. */
  gapScores: readonly Float32Array[]
  /** Vocabulary index of each letter, in the order they are sung. */
  tokens: Uint16Array
  /** Kind of the gap before each token; one more for the gap after the last. */
  gaps: Uint8Array
  /** Where the search may go other ways than from each line to the next; none where it is not given. */
  jumps?: Jumps | undefined
  /** Called now and then; throws where the search is to end. */
  checkpoint?: (() => void) | undefined
}
