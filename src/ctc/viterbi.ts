import { AlignError } from '../errors.ts'
import { type FrameSearch, openSearch, ROW_HEAD } from './frame-search.ts'
import type { Trellis } from './trellis.ts'

/** Kinds of gap before a token (and after the last): within a unit after a consonant or vowel, between units, between lines. */
export const GAP = { afterConsonant: 0, afterVowel: 1, betweenUnits: 2, betweenLines: 3 } as const

/** Frames [first, last] of every token, and the score of the whole path (natural log). */
export type TokenPath = { first: Int32Array; last: Int32Array; score: number }

export type SearchOptions = {
  /** Back-pointers kept at a time, bytes: most songs fit whole, longer recordings are searched in blocks. */
  blockBytes?: number
  /** Paths that are this many nats behind the best one of their frame are given up; of songs none are. */
  beam?: number
}

const BLOCK_BYTES = 64 * 2 ** 20

/** Up to so many frames times pairs all paths are followed, which takes a third of a second: songs of ten minutes and more. */
export const ALL_PATHS = 200e6

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
 * For songs exact: time and back-pointers O(frames * tokens). Of longer recordings only the pairs between the first and the
 * last one within a beam are looked at (beam search, Lowerre 1976), which is linear in their length; twice the time when it
 * needs more than one block.
 * @throws AlignError AUDIO_TOO_SHORT when there are more tokens than frames
 */
export function bestPath(
  trellis: Trellis,
  { blockBytes = BLOCK_BYTES, beam = beamFor(trellis) }: SearchOptions = {},
): TokenPath {
  const { tokens, frames } = trellis
  const needed = fewestFrames(tokens)
  if (needed > frames) {
    const text = `Expected a recording of at least ${needed} frames for the ${tokens.length} letters of these lyrics`
    throw new AlignError('AUDIO_TOO_SHORT', `${text}, got ${frames}`)
  }
  for (const width of [beam, WIDER * beam, WIDER ** 2 * beam, Number.POSITIVE_INFINITY]) {
    const path = search(trellis, blockBytes, width)
    // Otherwise every path to the end was given up: the text fits the recording badly, and worse ones have to be followed.
    if (path) return path
  }
  throw new AlignError(
    'ALIGNMENT_FAILED',
    'Expected log-probabilities that are finite, got a text of probability 0',
  )
}

function beamFor({ tokens, frames }: Trellis): number {
  return frames * tokens.length > ALL_PATHS ? BEAM : Number.POSITIVE_INFINITY
}

/** Tokens need a frame each, and equal neighbours a gap between them. */
function fewestFrames(tokens: Uint16Array): number {
  let frames = tokens.length
  for (let i = 1; i < tokens.length; i++) if (tokens[i] === tokens[i - 1]) frames++
  return frames
}

/**
 * Pair i is (gap i, token i); the last pair holds the last gap alone.
 * invariant: before frame t, the search's gap[i] and token[i] are the log-probabilities of the best paths over frames
 * [0, t) that end in gap i and token i; outside of pairs [low, high] there are none that are followed.
 */
type Front = { t: number; low: number; high: number }

/** A front with the scores that belong to it, to search from it again. */
type Checkpoint = Front & { gap: Float64Array; token: Float64Array }

const NEVER = Number.NEGATIVE_INFINITY

function search(trellis: Trellis, blockBytes: number, beam: number): TokenPath | undefined {
  const { tokens, frames } = trellis
  const row = tokens.length + 1 + ROW_HEAD
  const paths = openSearch(trellis, Math.min(frames * row, Math.max(row, blockBytes)))
  // Before the first frame every path stands in the first gap.
  paths.gap[0] = 0
  const front: Front = { t: 0, low: 0, high: 0 }
  // The choice for pair i of frame t is at rows[t] + i.
  const rows = new Float64Array(frames)
  const blocks: Checkpoint[] = []
  while (front.t < frames) {
    blocks.push({ ...front, gap: paths.gap.slice(), token: paths.token.slice() })
    advance(trellis, paths, front, rows, beam)
  }
  return trace(trellis, paths, blocks, rows, beam)
}

// How a pair was entered, packed in a byte: bit 0 for its gap, bits 1-2 for its token.
const GAP_FROM_TOKEN = 1
const TOKEN_FROM_GAP = 2
const TOKEN_FROM_TOKEN = 4

/** Takes the front over as many frames as there is room for choices. */
function advance(
  { tokens, frames, checkpoint }: Trellis,
  paths: FrameSearch,
  front: Front,
  rows: Float64Array,
  beam: number,
): void {
  const count = tokens.length
  let used = 0
  for (; front.t < frames; front.t++) {
    const { t } = front
    // No more tokens can be left than frames are. Not with a beam: that it lost the end says that it was too narrow.
    const low = beam === Number.POSITIVE_INFINITY ? Math.max(0, count - (frames - t)) : front.low
    // A frame takes the paths on by one pair at most.
    const high = Math.min(count, front.high + 1)
    const row = used + ROW_HEAD - low
    used = row + high + 1
    if (used > paths.choices.length) return
    rows[t] = row
    paths.advance(t, low, high, row)
    front.low = low
    front.high = high
    if (t % FRAMES_BETWEEN_CUTS !== 0) continue
    cut(front, paths, beam)
    checkpoint?.()
  }
}

/** Takes the pairs off both ends of the front that no path within the beam is in. */
function cut(front: Front, { gap, token }: FrameSearch, beam: number): void {
  let best = NEVER
  for (let i = front.low; i <= front.high; i++) best = Math.max(best, gap[i]!, token[i]!)
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
  paths: FrameSearch,
  blocks: readonly Checkpoint[],
  rows: Float64Array,
  beam: number,
): TokenPath | undefined {
  const { frames, tokens } = trellis
  const { gap, token, choices } = paths
  const count = tokens.length
  const first = new Int32Array(count)
  const last = new Int32Array(count).fill(-1)
  const endsInToken = count > 0 && token[count - 1]! > gap[count]!
  const score = endsInToken ? token[count - 1]! : gap[count]!
  if (score === NEVER) return undefined
  let pair = endsInToken ? count - 1 : count
  let inToken = endsInToken
  let to = frames
  for (const { gap: gapBefore, token: tokenBefore, ...front } of blocks.toReversed()) {
    const from = front.t
    if (to < frames) {
      gap.set(gapBefore)
      token.set(tokenBefore)
      advance(trellis, paths, front, rows, beam)
    }
    for (let t = to - 1; t >= from; t--) {
      const choice = choices[rows[t]! + pair]!
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
