import type { Trellis } from './trellis.ts'
import { SEARCH_WASM } from './viterbi-wasm.ts'

/**
 * The arrays of one search, in the memory of viterbi.wat. A thread has one such memory, for one search at a time; it grows
 * with the longest one, and what is here is of use until the next one is opened.
 */
export type FrameSearch = {
  /** By pair: scores of the best paths that end in its gap and in its token. */
  gap: Float64Array
  token: Float64Array
  /** How pairs were entered. */
  choices: Uint8Array
  /** Takes pairs [low, high] over frame t and writes the choice of pair i to `row + i`. */
  advance(t: number, low: number, high: number, row: number): void
}

/** Bytes of a row before its first pair: pairs are taken in twos, so that one without paths may come along before it. */
export const ROW_HEAD = 1
// Before the first pair: the one that may come along, and the one before it.
const AHEAD = 2
const AFTER = 1
const PAGE = 65_536
const NEVER = Number.NEGATIVE_INFINITY

type Exports = {
  advance(
    gap: number,
    token: number,
    skip: number,
    letters: number,
    gaps: number,
    scores: number,
    choices: number,
    low: number,
    high: number,
  ): void
}

const memory = new WebAssembly.Memory({ initial: 1 })
const { advance } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(SEARCH_WASM, 'base64')), {
  search: { memory },
}).exports as Exports

/** @param room how many choices are kept, with {@link ROW_HEAD} for each frame */
export function openSearch({ logProbs, size, gapScores, tokens, gaps }: Trellis, room: number): FrameSearch {
  const pairs = tokens.length + 1
  const entries = AHEAD + pairs + AFTER
  // Of a vocabulary of thousands only what the text is spelled with is looked at.
  const letters = [...new Set(tokens)]
  const places = layOut({
    gap: entries * 8,
    token: entries * 8,
    skip: entries * 8,
    letters: entries * 4,
    gaps: entries * 4,
    scores: (letters.length + gapScores.length) * 8,
    choices: room,
  })
  const { buffer } = memory
  const floats = (place: number) => new Float64Array(buffer, place, entries).fill(NEVER)
  const offsets = (place: number, values: Iterable<number>) =>
    new Int32Array(buffer, place, entries).fill(0).set(
      [...values].map((index) => 8 * index),
      AHEAD,
    )
  const gap = floats(places.gap)
  const token = floats(places.token)
  const skip = floats(places.skip)
  for (let i = 1; i < tokens.length; i++) if (tokens[i] !== tokens[i - 1]) skip[AHEAD + i] = 0
  const indexOf = new Map(letters.map((letter, index) => [letter, index]))
  offsets(
    places.letters,
    Array.from(tokens, (letter) => indexOf.get(letter)!),
  )
  offsets(
    places.gaps,
    Array.from(gaps, (kind) => letters.length + kind),
  )
  const scores = new Float64Array(buffer, places.scores, letters.length + gapScores.length)
  return {
    gap: gap.subarray(AHEAD, AHEAD + pairs),
    token: token.subarray(AHEAD, AHEAD + pairs),
    choices: new Uint8Array(buffer, places.choices, room),
    advance(t, low, high, row) {
      for (let i = 0; i < letters.length; i++) scores[i] = logProbs[t * size + letters[i]!]!
      for (let kind = 0; kind < gapScores.length; kind++) scores[letters.length + kind] = gapScores[kind]![t]!
      advance(
        places.gap + AHEAD * 8,
        places.token + AHEAD * 8,
        places.skip + AHEAD * 8,
        places.letters + AHEAD * 4,
        places.gaps + AHEAD * 4,
        places.scores,
        places.choices + row,
        low,
        high,
      )
    },
  }
}

/** Places for arrays one after the other, bytes; the memory is made large enough. */
function layOut<K extends string>(sizes: Record<K, number>): Record<K, number> {
  const places = {} as Record<K, number>
  let end = 0
  for (const [name, bytes] of Object.entries(sizes) as [K, number][]) {
    places[name] = end
    end += Math.ceil(bytes / 8) * 8
  }
  const missing = end - memory.buffer.byteLength
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE))
  return places
}
