import type { Visit } from '../ctc/text-line.ts'

/**
 * Which visits stay, where those that are less likely than `least` are to go. First those go that were added: a wrong one makes
 * its neighbours unlikely too, and they are judged again without it. Then repeats go whose line was found at a likelier place.
 */
export function likelyVisits(
  visits: readonly Visit[],
  confidences: readonly number[],
  least: number,
): boolean[] {
  // NaN, of a network that is broken, is no reason to leave anything out.
  const isUnlikely = (i: number) => confidences[i]! < least
  const isKept = visits.map(({ added }, i) => !(added && isUnlikely(i)))
  if (!isKept.every(Boolean)) return isKept
  const best = new Map<number, number>()
  visits.forEach(({ line }, i) => {
    best.set(line.index, Math.max(best.get(line.index) ?? 0, confidences[i]!))
  })
  return visits.map(({ line }, i) => !(isUnlikely(i) && confidences[i]! < best.get(line.index)!))
}
