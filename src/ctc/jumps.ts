/**
 * Free movement between lines: from the gap before any line, or after the last one, to the gap before another. `ahead`
 * leaves out the lines between, `back` sings lines again. Costs are in nats, by the line they lead to, and one more for the
 * end of the text, to which only `ahead` leads.
 */
export type Jumps = {
  /** Number of the first token of each line, ascending; one more: the number of tokens. */
  starts: Int32Array
  ahead: Float64Array
  back: Float64Array
  /** What a letter that is sung is worth, nats. */
  letter: number
}

/** The jumps of one search. Frames count from the beginning of a block. */
export type JumpSearch = {
  /** Takes the jumps after a frame. */
  advance(frame: number): void
  /** The pair in whose gap the best path to the gap of `pair` was before the jumps after this frame. */
  before(frame: number, pair: number): number
}

const STAYED = -1

/**
 * Since every gap between lines scores alike in a frame, a jump may be taken at any time within it: a running maximum from
 * each side, O(lines) a frame, finds the best one to every line ("hub", as in one-pass connected word recognition: Ney 1984).
 *
 * @param gap scores of the gaps, by pair, read and written in place
 * @param frames how many frames a block has at most
 */
export function openJumps({ starts, ahead, back, letter }: Jumps, gap: Float64Array, frames: number): JumpSearch {
  const count = starts.length
  const sources = new Int16Array(frames * count)
  const lineAt = new Map(Array.from(starts, (start, line) => [start, line]))
  const scores = new Float64Array(count)
  const worth = Float64Array.from(starts, (start) => letter * start)
  for (let line = 1; line < count; line++) gap[starts[line]!] = gap[starts[0]!]! - ahead[line]! - worth[line]!

  function advance(frame: number): void {
    const row = frame * count
    let best = Number.NEGATIVE_INFINITY
    let source = STAYED
    for (let line = 0; line < count; line++) {
      const own = gap[starts[line]!]!
      scores[line] = own + worth[line]!
      const jumped = best - worth[line]! - ahead[line]!
      sources[row + line] = jumped > own ? source : STAYED
      if (jumped > own) gap[starts[line]!] = jumped
      if (scores[line]! > best) {
        best = scores[line]!
        source = line
      }
    }
    best = Number.NEGATIVE_INFINITY
    for (let line = count - 1; line >= 0; line--) {
      const jumped = best - worth[line]! - back[line]!
      if (jumped > gap[starts[line]!]!) {
        gap[starts[line]!] = jumped
        sources[row + line] = source
      }
      if (scores[line]! > best) {
        best = scores[line]!
        source = line
      }
    }
  }

  function before(frame: number, pair: number): number {
    const line = lineAt.get(pair)
    const source = line === undefined ? STAYED : sources[frame * count + line]!
    return source === STAYED ? pair : starts[source]!
  }

  return { advance, before }
}
