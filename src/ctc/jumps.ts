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
  /** What every token that is sung is worth, nats: otherwise blanks, which cost least, would stand for lines that are faint. */
  worth: number
  /** Ways that the text asks for, from the gap before a line (or the end) to that before another, at a cost of their own. */
  hints: readonly { from: number; to: number; cost: number }[]
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
 * Since all gaps between lines score alike in a frame, a jump may be taken at any time within one: a running maximum from
 * each side finds the best jump to every line in O(lines) a frame (one-pass connected word recognition, Ney 1984).
 *
 * What tokens are worth is counted where lines are left out or sung again: all of them once are worth the same to every path.
 *
 * @param gap scores of the gaps, by pair; the search's own, read and written in place
 * @param frames how many frames a block has at most
 */
export function openJumps(jumps: Jumps, gap: Float64Array, frames: number): JumpSearch {
  const { starts, ahead, back, worth, hints } = jumps
  const count = starts.length
  const sources = new Int16Array(frames * count)
  const lineAt = new Map(Array.from(starts, (start, line) => [start, line]))
  // Scores before the jumps of a frame, and what is left to be earned by the text from a line on, taken off in advance.
  const scores = new Float64Array(count)
  const earned = Float64Array.from(starts, (start) => worth * start)
  for (let line = 1; line < count; line++) gap[starts[line]!] = -ahead[line]! - earned[line]!

  function advance(frame: number): void {
    const row = frame * count
    let best = Number.NEGATIVE_INFINITY
    let source = STAYED
    for (let line = 0; line < count; line++) {
      const own = gap[starts[line]!]!
      scores[line] = own + earned[line]!
      sources[row + line] = STAYED
      take(row, line, best - ahead[line]!, source)
      if (scores[line]! > best) {
        best = scores[line]!
        source = line
      }
    }
    best = Number.NEGATIVE_INFINITY
    for (let line = count - 1; line >= 0; line--) {
      take(row, line, best - back[line]!, source)
      if (scores[line]! > best) {
        best = scores[line]!
        source = line
      }
    }
    for (const { from, to, cost } of hints) take(row, to, scores[from]! - cost, from)
  }

  function take(row: number, line: number, score: number, source: number): void {
    const jumped = score - earned[line]!
    if (jumped <= gap[starts[line]!]!) return
    gap[starts[line]!] = jumped
    sources[row + line] = source
  }

  function before(frame: number, pair: number): number {
    const line = lineAt.get(pair)
    const source = line === undefined ? STAYED : sources[frame * count + line]!
    return source === STAYED ? pair : starts[source]!
  }

  return { advance, before }
}
