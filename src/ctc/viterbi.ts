import { AlignError } from '../errors.ts'

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
  const width = tokens.length + 1
  const blockFrames = Math.max(1, Math.min(frames, Math.floor(blockBytes / width)))
  const choices = new Uint8Array(blockFrames * width)
  const scores = startScores(width)
  const checkpoints: Scores[] = []
  for (let from = 0; from < frames; from += blockFrames) {
    checkpoints.push({ gap: scores.gap.slice(), token: scores.token.slice() })
    advance(trellis, scores, from, Math.min(frames, from + blockFrames), choices)
  }
  return trace(trellis, scores, checkpoints, choices, blockFrames)
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

const NEVER = Number.NEGATIVE_INFINITY

function startScores(width: number): Scores {
  const scores = { gap: new Float64Array(width).fill(NEVER), token: new Float64Array(width).fill(NEVER) }
  // Before the first frame every path stands in the first gap.
  scores.gap[0] = 0
  return scores
}

// How a pair was entered, packed in a byte: bit 0 for its gap, bits 1-2 for its token.
const GAP_FROM_TOKEN = 1
const TOKEN_FROM_GAP = 2
const TOKEN_FROM_TOKEN = 4

/** Takes `scores` over frames [from, to) and writes each pair's choice to row t - from of `choices`. */
function advance(
  trellis: Trellis,
  { gap, token }: Scores,
  from: number,
  to: number,
  choices: Uint8Array,
): void {
  const { logProbs, size, gapScores, tokens, gaps } = trellis
  const count = tokens.length
  const scoreOfGap = new Float64Array(gapScores.length)
  const skippable = Uint8Array.from(tokens, (now, i) => (i > 0 && now !== tokens[i - 1] ? 1 : 0))
  for (let t = from; t < to; t++) {
    for (let kind = 0; kind < gapScores.length; kind++) scoreOfGap[kind] = gapScores[kind]![t]!
    const row = t * size
    const choiceRow = (t - from) * (count + 1)
    // No more tokens can have been sung than frames have passed. Descending, so that pair i - 1 is of the frame before.
    for (let i = Math.min(count, t + 1); i >= 0; i--) {
      const before = i > 0 ? token[i - 1]! : NEVER
      const inGap = gap[i]!
      let choice = 0
      if (i < count) {
        let score = token[i]!
        if (inGap > score) {
          score = inGap
          choice = TOKEN_FROM_GAP
        }
        if (before > score && skippable[i] === 1) {
          score = before
          choice = TOKEN_FROM_TOKEN
        }
        token[i] = score + logProbs[row + tokens[i]!]!
      }
      if (before > inGap) {
        gap[i] = before + scoreOfGap[gaps[i]!]!
        choice |= GAP_FROM_TOKEN
      } else {
        gap[i] = inGap + scoreOfGap[gaps[i]!]!
      }
      choices[choiceRow + i] = choice
    }
  }
}

/** Walks back from the end, block by block; all blocks but the last are searched again for their choices. */
function trace(
  trellis: Trellis,
  { gap, token }: Scores,
  checkpoints: Scores[],
  choices: Uint8Array,
  blockFrames: number,
): TokenPath {
  const { frames, tokens } = trellis
  const count = tokens.length
  const width = count + 1
  const first = new Int32Array(count)
  const last = new Int32Array(count).fill(-1)
  const endsInToken = count > 0 && token[count - 1]! > gap[count]!
  let pair = endsInToken ? count - 1 : count
  let inToken = endsInToken
  const score = endsInToken ? token[count - 1]! : gap[count]!
  for (let block = checkpoints.length - 1; block >= 0; block--) {
    const from = block * blockFrames
    const to = Math.min(frames, from + blockFrames)
    if (block < checkpoints.length - 1) advance(trellis, checkpoints[block]!, from, to, choices)
    for (let t = to - 1; t >= from; t--) {
      const choice = choices[(t - from) * width + pair]!
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
