import type { CtcAlignment } from '../ctc/align.ts'
import type { Evidence, Fit } from '../ctc/evidence.ts'
import type { Visit } from '../ctc/text-line.ts'

/** What is known of one visit, by name; the confidence is a weighted sum of it. */
export const FEATURES = [
  'distance',
  'usual',
  'sung',
  'again',
  'worse',
  'firstGap',
  'neighbours',
  'worstUnit',
] as const
export type Features = Record<(typeof FEATURES)[number], number> & {
  /** Logarithm of its pace against the song's: above 0 it is slower. For the reason of a doubt. */
  slow: number
  /** Share of its frames with a voice, [0, 1]; 1 where the model has no voice output. */
  voiced: number
}

// Short lines scatter more: variance grows by this many letters' worth.
const LETTERS = 4
const LEAST_DEVIATION = 0.05
// So many deviations from chance are proof enough: more of them cannot outweigh other doubts.
const FURTHEST = 6

/** What is known of every visit. `lineCount`: number of lines in the lyrics. */
export function featuresOf(found: CtcAlignment, evidence: Evidence, hop: number): Features[] {
  const { visits } = found
  const absent = mean(evidence.decoys.map(({ deficit }) => deficit))
  const scatter = evidence.decoys.map(({ deficit, letters }) => (deficit - absent) ** 2 / widening(letters))
  const deviation = Math.max(LEAST_DEVIATION, Math.sqrt(mean(scatter)))
  const paces = visits.map(({ first, last }) => ((last.at(-1)! + 1 - first[0]!) * hop) / first.length)
  const usualPace = median(paces)
  const best = bestByLine(found, evidence)
  const worst = worstUnits(found, evidence)
  const distances = evidence.visits.map(({ deficit, letters }) =>
    Math.min(FURTHEST, (absent - deficit) / (deviation * Math.sqrt(widening(letters)))),
  )
  // A line of a song that fits is likelier there than the same line of one that does not.
  const usual = median(distances)
  const sung = shareSung(found)
  const neighbours = neighboursOf(found)
  return visits.map(({ line }, i) => {
    const { deficit } = evidence.visits[i]!
    const { fit, count } = best.get(line.index)!
    const slow = Math.log(paces[i]! / usualPace)
    return {
      distance: distances[i]!,
      usual,
      sung,
      voiced: evidence.voiced[i] ?? 1,
      slow,
      again: count > 1 ? 1 : 0,
      worse: Math.max(0, deficit - fit.deficit),
      firstGap: Math.log1p(firstGap(found, i) * hop),
      neighbours: neighbours[i]!,
      worstUnit: Math.log1p(Math.max(0, worst[i]!)),
    }
  })
}

function widening(letters: number): number {
  return 1 + LETTERS / letters
}

/**
 * Share of the letters of the text that are sung, [0, 1]. Of a text that is another song's the search sings the few lines that
 * fit by chance, again and again.
 */
function shareSung({ visits, letters }: CtcAlignment): number {
  const sung = new Set(visits.map(({ line }) => line))
  let count = 0
  for (const { tokens } of sung) count += tokens.length
  return letters > 0 ? count / letters : 0
}

/** Of every line the visit that fits best, and how many there are. */
function bestByLine({ visits }: CtcAlignment, evidence: Evidence): Map<number, { fit: Fit; count: number }> {
  const best = new Map<number, { fit: Fit; count: number }>()
  visits.forEach(({ line }, i) => {
    const fit = evidence.visits[i]!
    const known = best.get(line.index)
    if (!known) best.set(line.index, { fit, count: 1 })
    else
      best.set(line.index, {
        fit: fit.deficit < known.fit.deficit ? fit : known.fit,
        count: known.count + 1,
      })
  })
  return best
}

function worstUnits({ visits, units }: CtcAlignment, evidence: Evidence): Float64Array {
  const worst = new Float64Array(visits.length)
  evidence.units.forEach((fit, unit) => {
    const { line } = units[unit]!
    if (fit) worst[line] = Math.max(worst[line]!, fit.deficit)
  })
  return worst
}

/** Frames between the onsets of the first two units of a visit; 0 where there is one. */
export function firstGap({ visits }: CtcAlignment, visit: number): number {
  const { line, first } = visits[visit]!
  const second = line.unitStarts[1]
  return second === undefined ? 0 : first[second]! - first[0]!
}

/**
 * By visit: on how many sides it has the neighbour that is expected, which is the line before or after it in the text, or one
 * that it has in another place too. What was added stands between neighbours without parting them.
 */
function neighboursOf({ visits }: CtcAlignment): number[] {
  const before = visits.map(() => 0)
  const after = visits.map(() => 0)
  const counts = new Map<string, number>()
  const key = (a: Visit, b: Visit) => `${a.line.position} ${b.line.position}`
  for (let i = 1; i < visits.length; i++) {
    const pair = key(visits[i - 1]!, visits[i]!)
    counts.set(pair, (counts.get(pair) ?? 0) + 1)
  }
  join(visits.map((_, i) => i))
  join(visits.flatMap(({ added }, i) => (added ? [] : [i])))
  return before.map((count, i) => count + after[i]!)

  /** Of visits that follow one another. */
  function join(order: readonly number[]): void {
    order.forEach((i, k) => {
      const visit = visits[i]!
      const next = order[k + 1]
      if (k === 0 && visit.line.position === 0) before[i] = 1
      if (next === undefined) {
        if (visit.line.isLast) after[i] = 1
        return
      }
      const isExpected =
        visits[next]!.line.position === visit.line.position + 1 ||
        (counts.get(key(visit, visits[next]!)) ?? 0) > 1
      if (!isExpected) return
      after[i] = 1
      before[next] = 1
    })
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
