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

export type SearchOptions = {
  /** Back-pointers kept at a time, bytes: most songs fit whole, longer recordings are searched in blocks. */
  blockBytes?: number
  /** Paths that are this many nats behind the best one of their frame are given up. */
  beam?: number
}

const BLOCK_BYTES = 64 * 2 ** 20

// A path that waits while others sing falls behind by one or two nats a frame, so this follows paths that are half a
// minute and more apart. On the development songs, with verses left out, exchanged and foreign, 500 found the same paths
// as a search without a beam.
const BEAM = 3000
const WIDER = 4

// What has fallen out of the beam is looked for now and then: for every frame it would cost more than it saves.
const FRAMES_BETWEEN_CUTS = 32

/**
 * The best path through gap, token, gap, token, ..., gap that spends every frame: CTC's Viterbi (Graves 2006; the
 * topology of "CTC-Segmentation", Kürzinger 2020) with a score of its own for each kind of gap. A gap may be skipped
 * except between equal tokens. Over the whole recording at once, so it cannot drift.
 *
 * Only the pairs between the first and the last one within the beam are looked at (beam search, Lowerre 1976): time and
 * back-pointers are O(frames * pairs within the beam), and so linear in the length of the recording; twice the time when
 * it needs more than one block.
 * @throws AlignError AUDIO_TOO_SHORT when there are more tokens than frames
 */
export function bestPath(
  trellis: Trellis,
  { blockBytes = BLOCK_BYTES, beam = BEAM }: SearchOptions = {},
): TokenPath {
  const { tokens, frames } = trellis
  const needed = fewestFrames(tokens)
  if (needed > frames) {
    const text = `Expected a recording of at least ${needed} frames for the ${tokens.length} letters of these lyrics`
    throw new AlignError('AUDIO_TOO_SHORT', `${text}, got ${frames}`)
  }
  for (let width = beam; ; width *= WIDER) {
    const path = search(trellis, blockBytes, width)
    // Every path to the end was given up: the text fits the recording badly, and worse ones have to be followed.
    if (path) return path
  }
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
 * end in gap i and token i; outside of pairs [low, high] there are none.
 */
type Front = { t: number; low: number; high: number; gap: Float64Array; token: Float64Array }

const NEVER = Number.NEGATIVE_INFINITY

/** Before the first frame every path stands in the first gap. */
function startFront(pairs: number): Front {
  const gap = new Float64Array(pairs).fill(NEVER)
  gap[0] = 0
  return { t: 0, low: 0, high: 0, gap, token: new Float64Array(pairs).fill(NEVER) }
}

function copyOf({ gap, token, ...rest }: Front): Front {
  return { ...rest, gap: gap.slice(), token: token.slice() }
}

/** How the pairs of frames in a row were entered. The choice for pair i of frame t is at rows[t] + i. */
type Choices = { bytes: Uint8Array; rows: Float64Array }

function search(trellis: Trellis, blockBytes: number, beam: number): TokenPath | undefined {
  const { tokens, frames } = trellis
  const pairs = tokens.length + 1
  const size = Math.min(frames * pairs, Math.max(pairs, blockBytes))
  const choices = { bytes: new Uint8Array(size), rows: new Float64Array(frames) }
  const front = startFront(pairs)
  const blocks: Front[] = []
  while (front.t < frames) {
    blocks.push(copyOf(front))
    advance(trellis, front, choices, beam)
  }
  return trace(trellis, front, blocks, choices, beam)
}

// How a pair was entered, packed in a byte: bit 0 for its gap, bits 1-2 for its token.
const GAP_FROM_TOKEN = 1
const TOKEN_FROM_GAP = 2
const TOKEN_FROM_TOKEN = 4

/** Takes the front over as many frames as there is room for choices. */
function advance(trellis: Trellis, front: Front, { bytes, rows }: Choices, beam: number): void {
  const { logProbs, frames, size, gapScores, tokens, gaps } = trellis
  const { gap, token } = front
  const count = tokens.length
  const scoreOfGap = new Float64Array(gapScores.length)
  const skippable = Uint8Array.from(tokens, (now, i) => (i > 0 && now !== tokens[i - 1] ? 1 : 0))
  let used = 0
  for (; front.t < frames; front.t++) {
    const { t, low } = front
    // A frame takes the paths on by one pair at most.
    const high = Math.min(count, front.high + 1)
    const choiceRow = used - low
    used += high - low + 1
    if (used > bytes.length) return
    rows[t] = choiceRow
    front.high = high
    const row = t * size
    for (let kind = 0; kind < gapScores.length; kind++) scoreOfGap[kind] = gapScores[kind]![t]!
    // Descending, so that pair i - 1 is of the frame before.
    for (let i = high; i >= low; i--) {
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
      bytes[choiceRow + i] = choice
    }
    if (t % FRAMES_BETWEEN_CUTS === 0) cut(front, beam)
  }
}

/** Takes the pairs off both ends of the front that no path within the beam is in. */
function cut(front: Front, beam: number): void {
  const { gap, token } = front
  let best = NEVER
  for (let i = front.low; i <= front.high; i++) {
    if (gap[i]! > best) best = gap[i]!
    if (token[i]! > best) best = token[i]!
  }
  const least = best - beam
  const isOut = (i: number) => gap[i]! < least && token[i]! < least
  const giveUp = (i: number) => {
    gap[i] = NEVER
    token[i] = NEVER
  }
  while (isOut(front.low)) giveUp(front.low++)
  while (isOut(front.high)) giveUp(front.high--)
}

/** Walks back from the end, block by block; all blocks but the last are searched again for their choices. */
function trace(
  trellis: Trellis,
  { gap, token }: Front,
  blocks: readonly Front[],
  choices: Choices,
  beam: number,
): TokenPath | undefined {
  const { frames, tokens } = trellis
  const count = tokens.length
  const first = new Int32Array(count)
  const last = new Int32Array(count).fill(-1)
  const endsInToken = count > 0 && token[count - 1]! > gap[count]!
  const score = endsInToken ? token[count - 1]! : gap[count]!
  if (score === NEVER) return undefined
  let pair = endsInToken ? count - 1 : count
  let inToken = endsInToken
  for (let block = blocks.length - 1, to = frames; block >= 0; block--) {
    const front = blocks[block]!
    const from = front.t
    if (to < frames) advance(trellis, front, choices, beam)
    for (let t = to - 1; t >= from; t--) {
      const choice = choices.bytes[choices.rows[t]! + pair]!
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
    to = from
  }
  return { first, last, score }
}
