import { AlignError } from '../errors.ts'
import { type FrameSearch, openSearch, ROW_HEAD } from './frame-search.ts'
import { type JumpSearch, openJumps } from './jumps.ts'
import type { Trellis } from './trellis.ts'

/** Kinds of gap before a token (and after the last): within a unit after a consonant or vowel, between units, between lines. */
export const GAP = { afterConsonant: 0, afterVowel: 1, betweenUnits: 2, betweenLines: 3 } as const

/** In the order they are sung: the number of each token, its frames [first, last]; and the score of the path (natural log). */
export type TokenPath = { tokens: Int32Array; first: Int32Array; last: Int32Array; score: number }

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
  const needed = trellis.jumps ? 0 : fewestFrames(tokens)
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
export function fewestFrames(tokens: Uint16Array): number {
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
  const { tokens, frames, jumps } = trellis
  const row = tokens.length + 1 + ROW_HEAD
  const room = Math.min(frames * row, Math.max(row, blockBytes))
  const paths = openSearch(trellis, room)
  // Before the first frame every path stands in a gap before a line.
  paths.gap[0] = 0
  const jumping = jumps && openJumps(jumps, paths.gap, Math.ceil(room / (tokens.length + 1)))
  const front: Front = { t: 0, low: 0, high: jumps ? tokens.length : 0 }
  // The choice for pair i of frame t is at rows[t] + i.
  const rows = new Float64Array(frames)
  const blocks: Checkpoint[] = []
  while (front.t < frames) {
    blocks.push({ ...front, gap: paths.gap.slice(), token: paths.token.slice() })
    advance(trellis, paths, jumping, front, rows, beam)
  }
  return trace(trellis, paths, jumping, blocks, rows, beam)
}

// How a pair was entered, packed in a byte: bit 0 for its gap, bits 1-2 for its token.
const GAP_FROM_TOKEN = 1
const TOKEN_FROM_GAP = 2
const TOKEN_FROM_TOKEN = 4

/** Takes the front over as many frames as there is room for choices. */
function advance(
  { tokens, frames, checkpoint }: Trellis,
  paths: FrameSearch,
  jumping: JumpSearch | undefined,
  front: Front,
  rows: Float64Array,
  beam: number,
): void {
  const count = tokens.length
  const from = front.t
  let used = 0
  for (; front.t < frames; front.t++) {
    const { t } = front
    // No more tokens can be left than frames are. Not with a beam: that it lost the end says that it was too narrow.
    const isExact = !jumping && beam === Number.POSITIVE_INFINITY
    const low = isExact ? Math.max(0, count - (frames - t)) : front.low
    // A frame takes the paths on by one pair at most.
    const high = Math.min(count, front.high + 1)
    const row = used + ROW_HEAD - low
    used = row + high + 1
    if (used > paths.choices.length) return
    rows[t] = row
    paths.advance(t, low, high, row)
    jumping?.advance(t - from)
    front.low = low
    front.high = high
    if (t % FRAMES_BETWEEN_CUTS !== 0) continue
    if (!jumping) cut(front, paths, beam)
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
  jumping: JumpSearch | undefined,
  blocks: readonly Checkpoint[],
  rows: Float64Array,
  beam: number,
): TokenPath | undefined {
  const { frames, tokens } = trellis
  const { gap, token, choices } = paths
  const count = tokens.length
  const endsInToken = count > 0 && token[count - 1]! > gap[count]!
  const score = endsInToken ? token[count - 1]! : gap[count]!
  if (score === NEVER) return undefined
  // From the last one sung to the first.
  const sung: number[] = []
  const first: number[] = []
  const last: number[] = []
  let pair = endsInToken ? count - 1 : count
  let inToken = endsInToken
  let entered = true
  let to = frames
  for (const { gap: gapBefore, token: tokenBefore, ...front } of blocks.toReversed()) {
    const from = front.t
    if (to < frames) {
      gap.set(gapBefore)
      token.set(tokenBefore)
      advance(trellis, paths, jumping, front, rows, beam)
    }
    for (let t = to - 1; t >= from; t--) {
      if (jumping && !inToken) pair = jumping.before(t - from, pair)
      const choice = choices[rows[t]! + pair]!
      if (inToken) {
        if (entered) {
          sung.push(pair)
          last.push(t)
          first.push(t)
        }
        first[first.length - 1] = t
        entered = false
        if (choice & TOKEN_FROM_GAP) inToken = false
        else if (choice & TOKEN_FROM_TOKEN) {
          pair--
          entered = true
        }
      } else if (choice & GAP_FROM_TOKEN) {
        inToken = true
        entered = true
        pair--
      }
    }
    to = from
  }
  const inOrder = (values: number[]) => Int32Array.from(values.reverse())
  return { tokens: inOrder(sung), first: inOrder(first), last: inOrder(last), score }
}
