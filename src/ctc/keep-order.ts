import { searchBetween } from './search-between.ts'
import type { TextLine, Visit } from './text-line.ts'
import type { Trellis } from './trellis.ts'

// A text that is nearly exact has lines that resemble each other (a chorus with two words changed, or with mistakes), and the
// search may sing the copy that fits best each time and leave the others out. So much worse, nats a letter, may the lines
// that the text has at a place fit than the repeats that were found there. Found by scripts/tune-structure.ts.
const WORSE = 1.2
// The lines that take the place of others have about as many letters.
const LEAST_LETTERS = 0.6
const ENOUGH_LETTERS = 0.85
const MOST_ROUNDS = 100

/** Puts lines that were left out where repeats of other lines were found instead, if they fit nearly as well there. */
export function keepOrder(found: readonly Visit[], lines: readonly TextLine[], trellis: Trellis): Visit[] {
  let visits = [...found]
  const ceiling = ceilingOf(trellis)
  const tried = new Set<string>()
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = replaced(visits, lines, trellis, ceiling, tried)
    if (!next) break
    visits = next
  }
  return visits
}

/** Lines [from, to) that are left out, and the lines before and after them; undefined at the ends of the text. */
type Missing = { lines: TextLine[]; before: TextLine | undefined; after: TextLine | undefined }

function missingOf(visits: readonly Visit[], lines: readonly TextLine[]): Missing[] {
  const sung = new Set(visits.map(({ line }) => line))
  const all: Missing[] = []
  let before: TextLine | undefined
  let missing: TextLine[] = []
  for (const line of lines) {
    if (!sung.has(line)) missing.push(line)
    else {
      if (missing.length > 0) all.push({ lines: missing, before, after: line })
      missing = []
      before = line
    }
  }
  if (missing.length > 0) all.push({ lines: missing, before, after: undefined })
  return all
}

function replaced(
  visits: readonly Visit[],
  lines: readonly TextLine[],
  trellis: Trellis,
  ceiling: Float64Array,
  tried: Set<string>,
): Visit[] | undefined {
  for (const missing of missingOf(visits, lines)) {
    for (const { low, high, follows, precedes } of repeatsBeside(visits, missing)) {
      const old = visits.slice(low, high)
      const part = fitting(old, missing.lines, follows, precedes)
      if (!part) continue
      const from = (visits[part.low + low - 1]?.last.at(-1) ?? -1) + 1
      const to = visits[part.high + low]?.first[0] ?? trellis.frames
      const attempt = `${from} ${to} ${part.lines[0]!.index} ${part.lines.length}`
      if (tried.has(attempt)) continue
      tried.add(attempt)
      const taken = old.slice(part.low, part.high)
      const better = searchBetween(part.lines, trellis, from, to)
      if (!better || deficit(better, trellis, ceiling) > deficit(taken, trellis, ceiling) + WORSE) continue
      return [...visits.slice(0, low + part.low), ...better, ...visits.slice(low + part.high)]
    }
  }
  return undefined
}

/** Visits [low, high) that repeat lines sung elsewhere, where lines are missing: after the line before them, or before that after. */
type Repeats = { low: number; high: number; follows: boolean; precedes: boolean }

function repeatsBeside(visits: readonly Visit[], { before, after }: Missing): Repeats[] {
  const counts = new Map<TextLine, number>()
  for (const { line } of visits) counts.set(line, (counts.get(line) ?? 0) + 1)
  const all: Repeats[] = []
  for (let low = 0; low < visits.length; low++) {
    const left = new Map(counts)
    let high = low
    for (; high < visits.length; high++) {
      const { line } = visits[high]!
      const others = left.get(line)! - 1
      if (others === 0 || line === before || line === after) break
      left.set(line, others)
    }
    if (high === low) continue
    const follows = visits[low - 1]?.line === before
    const precedes = visits[high]?.line === after
    if (follows || precedes) all.push({ low, high, follows, precedes })
  }
  return all
}

type Part = { low: number; high: number; lines: TextLine[] }

/** As many of the repeats, and of the missing lines, as have about the same number of letters, from the side that is in order. */
function fitting(
  repeats: readonly Visit[],
  missing: readonly TextLine[],
  follows: boolean,
  precedes: boolean,
): Part | undefined {
  const needed = lettersOf(missing)
  let [low, high] = [0, repeats.length]
  if (!precedes)
    high = enough(
      repeats.map(({ line }) => line),
      ENOUGH_LETTERS * needed,
    )
  else if (!follows) low = high - enough(repeats.map(({ line }) => line).reverse(), ENOUGH_LETTERS * needed)
  const room = lettersOf(repeats.slice(low, high).map(({ line }) => line))
  if (room >= LEAST_LETTERS * needed) return { low, high, lines: [...missing] }
  if (follows) return { low, high, lines: missing.slice(0, enough(missing, ENOUGH_LETTERS * room)) }
  return { low, high, lines: missing.slice(-enough([...missing].reverse(), ENOUGH_LETTERS * room)) }
}

/** How many of the lines, from the first on, have so many letters together. */
function enough(lines: readonly TextLine[], letters: number): number {
  let count = 0
  for (let sum = 0; count < lines.length && sum < letters; count++) sum += lines[count]!.tokens.length
  return count
}

function lettersOf(lines: readonly TextLine[]): number {
  return lines.reduce((sum, { tokens }) => sum + tokens.length, 0)
}

/** Sums over frames of the score of the likeliest token. */
function ceilingOf({ logProbs, frames, size }: Trellis): Float64Array {
  const sums = new Float64Array(frames + 1)
  for (let t = 0; t < frames; t++) {
    let best = Number.NEGATIVE_INFINITY
    for (let i = t * size; i < (t + 1) * size; i++) if (logProbs[i]! > best) best = logProbs[i]!
    sums[t + 1] = sums[t]! + best
  }
  return sums
}

/** Nats per letter that the visits' paths lie below the likeliest tokens of their frames. */
function deficit(visits: readonly Visit[], trellis: Trellis, ceiling: Float64Array): number {
  const { logProbs, size, gapScores } = trellis
  let sum = 0
  let letters = 0
  for (const { line, first, last } of visits) {
    const [from, to] = [first[0]!, last.at(-1)! + 1]
    sum += ceiling[to]! - ceiling[from]!
    for (let t = from, at = 0; t < to; t++) {
      if (t > last[at]!) at++
      sum -= t >= first[at]! ? logProbs[t * size + line.tokens[at]!]! : gapScores[line.gaps[at]!]![t]!
    }
    letters += line.tokens.length
  }
  return sum / letters
}
