import { AlignError } from '../errors.ts'

/** Kinds of gap before a token (and after the last): within a unit, between units, between lines. */
export const GAP = { inUnit: 0, betweenUnits: 1, betweenLines: 2 } as const

/** What the search walks over. */
export type Trellis = {
  /** Row-major [frames, size], natural log. */
  logProbs: Float32Array
  frames: number
  size: number
  /** Log-score of staying in a gap of each kind, by frame. */
  gapScores: readonly [Float32Array, Float32Array, Float32Array]
  /** Vocabulary index of each letter, in the order they are sung. */
  tokens: Uint16Array
  /** Kind of the gap before each token; one more for the gap after the last. */
  gaps: Uint8Array
}

/** Frames [first, last] of every token, and the score of the whole path (natural log). */
export type TokenPath = { first: Int32Array; last: Int32Array; score: number }

// States whose score is this far (nats) below the best of their frame are dropped. On real songs the best path stays
// within 300 of it even where singing is not in the text; see viterbi.test.ts for the comparison with no limit.
const BEAM = 1000

const NEVER = Number.NEGATIVE_INFINITY

/**
 * The best path through gap, token, gap, token, ..., gap that spends every frame: CTC's Viterbi (Graves 2006; the
 * topology of "CTC-Segmentation", Kürzinger 2020) with a score of its own for each kind of gap. A gap may be skipped
 * except between equal tokens. One pass over the whole recording, so it cannot drift.
 *
 * Time O(frames * states within the beam); memory one byte for each of those pairs of states.
 * @throws AlignError AUDIO_TOO_SHORT when there are more tokens than frames
 */
export function bestPath(trellis: Trellis, beam = BEAM): TokenPath {
  const { tokens, frames } = trellis
  const needed = fewestFrames(tokens)
  if (needed > frames) {
    throw new AlignError(
      'AUDIO_TOO_SHORT',
      `Expected at least ${needed} frames for these lyrics, got ${frames}`,
    )
  }
  const search = forward(trellis, beam)
  if (search.score > NEVER) return trace(search, tokens.length, frames)
  return bestPath(trellis, Number.POSITIVE_INFINITY)
}

/** Tokens need a frame each, and equal neighbours a gap between them. */
function fewestFrames(tokens: Uint16Array): number {
  let frames = tokens.length
  for (let i = 1; i < tokens.length; i++) if (tokens[i] === tokens[i - 1]) frames++
  return frames
}

/**
 * Pair i is (gap i, token i); pair N holds the last gap alone. `choices[starts[t] + i - lows[t]]` packs how pair i was
 * entered at frame t: bit 0 for the gap (1: from token i - 1), bits 1-2 for the token (0: stay, 1: from its gap,
 * 2: from token i - 1).
 */
type Search = {
  choices: Uint8Array
  starts: Float64Array
  lows: Int32Array
  score: number
  endsInGap: boolean
}

function forward({ logProbs, frames, size, gapScores, tokens, gaps }: Trellis, beam: number): Search {
  const count = tokens.length
  const gapBest = new Float64Array(count + 1).fill(NEVER)
  const tokenBest = new Float64Array(count + 1).fill(NEVER)
  const starts = new Float64Array(frames)
  const lows = new Int32Array(frames)
  let choices: Uint8Array = new Uint8Array(frames * 64)
  let used = 0
  // invariant: before frame t, gapBest[i] and tokenBest[i] are the log-probabilities of the best paths over frames
  // [0, t) that end in gap i and token i; all pairs outside [low, high] are NEVER.
  let low = 0
  let high = 0
  gapBest[0] = 0
  for (let t = 0; t < frames; t++) {
    const row = t * size
    const scoreOfGap = [gapScores[0][t]!, gapScores[1][t]!, gapScores[2][t]!]
    if (high < count) high++
    if (used + high - low + 1 > choices.length) choices = grown(choices, used + high - low + 1)
    starts[t] = used
    lows[t] = low
    let best = NEVER
    // Descending, so that pair i - 1 still holds the frame before.
    for (let i = high; i >= low; i--) {
      const before = i > 0 ? tokenBest[i - 1]! : NEVER
      const gapNow = gapBest[i]!
      let choice = 0
      if (i < count) {
        let score = tokenBest[i]!
        if (gapNow > score) {
          score = gapNow
          choice = 2
        }
        if (before > score && tokens[i] !== tokens[i - 1]) {
          score = before
          choice = 4
        }
        score += logProbs[row + tokens[i]!]!
        tokenBest[i] = score
        if (score > best) best = score
      }
      let gap = gapNow
      if (before > gap) {
        gap = before
        choice |= 1
      }
      gap += scoreOfGap[gaps[i]!]!
      gapBest[i] = gap
      if (gap > best) best = gap
      choices[used + i - low] = choice
    }
    used += high - low + 1
    // The start state of frame 0 is virtual: gap 0 was entered with probability 1.
    const floor = best - beam
    while (low < high && gapBest[low]! < floor && tokenBest[low]! < floor) {
      gapBest[low] = NEVER
      tokenBest[low] = NEVER
      low++
    }
    while (high > low && gapBest[high]! < floor && tokenBest[high]! < floor) {
      gapBest[high] = NEVER
      tokenBest[high] = NEVER
      high--
    }
  }
  const inGap = gapBest[count]!
  const inToken = count > 0 ? tokenBest[count - 1]! : NEVER
  return { choices, starts, lows, score: Math.max(inGap, inToken), endsInGap: inGap >= inToken }
}

function grown(choices: Uint8Array, needed: number): Uint8Array {
  const larger = new Uint8Array(Math.max(needed, Math.ceil(choices.length * 1.5)))
  larger.set(choices)
  return larger
}

function trace(
  { choices, starts, lows, score, endsInGap }: Search,
  count: number,
  frames: number,
): TokenPath {
  const first = new Int32Array(count)
  const last = new Int32Array(count).fill(-1)
  let pair = endsInGap ? count : count - 1
  let inToken = !endsInGap
  for (let t = frames - 1; t >= 0; t--) {
    if (inToken) {
      first[pair] = t
      if (last[pair]! < 0) last[pair] = t
    }
    const choice = choices[starts[t]! + pair - lows[t]!]!
    const entered = inToken ? choice >> 1 : choice & 1
    if (inToken) {
      if (entered === 1) inToken = false
      else if (entered === 2) pair--
    } else if (entered === 1) {
      inToken = true
      pair--
    }
  }
  return { first, last, score }
}
