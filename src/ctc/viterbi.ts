import { AlignError } from '../errors.ts'
import { FIRST, type FrameSearch, openSearch } from './frame-search.ts'

/** Kinds of gap before a token (and after the last): within a unit after a consonant or vowel, between units, between lines. */
export const GAP = { afterConsonant: 0, afterVowel: 1, betweenUnits: 2, betweenLines: 3 } as const

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
}

/** Frames [first, last] of every token, and the score of the whole path (natural log). */
export type TokenPath = { first: Int32Array; last: Int32Array; score: number }

// Back-pointers kept at a time, bytes: a song of five minutes fits whole, an hour is searched in blocks.
const BLOCK_BYTES = 64 * 2 ** 20

/**
 * The best path through gap, token, gap, token, ..., gap that spends every frame: CTC's Viterbi (Graves 2006; the
 * topology of "CTC-Segmentation", Kürzinger 2020) with a score of its own for each kind of gap. A gap may be skipped
 * except between equal tokens. Exact, over the whole recording at once, so it cannot drift.
 *
 * Time O(frames * tokens), twice that when it needs more than one block; memory one byte for each frame of a block and
 * token, and 16 for each block and token.
 * @throws AlignError AUDIO_TOO_SHORT when there are more tokens than frames
 */
export function bestPath(trellis: Trellis, blockBytes = BLOCK_BYTES): TokenPath {
  const { tokens, frames } = trellis
  const needed = fewestFrames(tokens)
  if (needed > frames) {
    const text = `Expected a recording of at least ${needed} frames for the ${tokens.length} letters of these lyrics`
    throw new AlignError('AUDIO_TOO_SHORT', `${text}, got ${frames}`)
  }
  const blockFrames = Math.max(1, Math.min(frames, Math.floor(blockBytes / (tokens.length + 1))))
  const search = openSearch(trellis, blockFrames)
  // Before the first frame every path stands in the first gap.
  search.gap[0] = 0
  const checkpoints: Scores[] = []
  for (let from = 0; from < frames; from += blockFrames) {
    checkpoints.push({ gap: search.gap.slice(), token: search.token.slice() })
    advance(trellis, search, from, Math.min(frames, from + blockFrames))
  }
  return trace(trellis, search, checkpoints, blockFrames)
}

/** Tokens need a frame each, and equal neighbours a gap between them. */
function fewestFrames(tokens: Uint16Array): number {
  let frames = tokens.length
  for (let i = 1; i < tokens.length; i++) if (tokens[i] === tokens[i - 1]) frames++
  return frames
}

/**
 * Pair i is (gap i, token i); the last pair holds the last gap alone.
 * invariant: before frame t, gap[i] and token[i] are the log-probabilities of the best paths over frames [0, t) that
 * end in gap i and token i.
 */
type Scores = { gap: Float64Array; token: Float64Array }

// How a pair was entered, packed in a byte: bit 0 for its gap, bits 1-2 for its token.
const GAP_FROM_TOKEN = 1
const TOKEN_FROM_GAP = 2
const TOKEN_FROM_TOKEN = 4

/** Takes the scores over frames [from, to) and writes each pair's choice to row t - from. */
function advance({ tokens, frames }: Trellis, search: FrameSearch, from: number, to: number): void {
  const count = tokens.length
  for (let t = from; t < to; t++) {
    // No more tokens can have been sung than frames have passed, nor be left than frames are.
    search.advance(t, Math.max(0, count - (frames - t)), Math.min(count, t + 1), t - from)
  }
}

/** Walks back from the end, block by block; all blocks but the last are searched again for their choices. */
function trace(trellis: Trellis, search: FrameSearch, checkpoints: Scores[], blockFrames: number): TokenPath {
  const { frames, tokens } = trellis
  const { gap, token, choices, width } = search
  const count = tokens.length
  const first = new Int32Array(count)
  const last = new Int32Array(count).fill(-1)
  const endsInToken = count > 0 && token[count - 1]! > gap[count]!
  let pair = endsInToken ? count - 1 : count
  let inToken = endsInToken
  const score = endsInToken ? token[count - 1]! : gap[count]!
  for (let block = checkpoints.length - 1; block >= 0; block--) {
    const from = block * blockFrames
    const to = Math.min(frames, from + blockFrames)
    if (block < checkpoints.length - 1) {
      gap.set(checkpoints[block]!.gap)
      token.set(checkpoints[block]!.token)
      advance(trellis, search, from, to)
    }
    for (let t = to - 1; t >= from; t--) {
      const choice = choices[(t - from) * width + FIRST + pair]!
      if (inToken) {
        first[pair] = t
        if (last[pair]! < 0) last[pair] = t
        if (choice & TOKEN_FROM_GAP) inToken = false
        else if (choice & TOKEN_FROM_TOKEN) pair--
      } else if (choice & GAP_FROM_TOKEN) {
        inToken = true
        pair--
      }
    }
  }
  return { first, last, score }
}
