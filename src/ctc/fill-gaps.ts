import type { Emissions, Movement } from '../types.ts'
import { type JumpCosts, jumpsOf } from './structure.ts'
import { type TextLine, type Visit, visitsOf } from './text-line.ts'
import type { Trellis } from './trellis.ts'
import { ALL_PATHS, bestPath } from './viterbi.ts'

// Going to another line and back costs the search of the whole song more than a hook of three words can earn. Within singing
// that no line explains little speaks against it; what is found is judged by how it fits. With 0 to 15 nats and 3 to 5 a
// letter the same repeats were found on the development songs; lower costs found more that are wrong.
const COSTS: JumpCosts = { ahead: 5, back: 5, toSection: 1, hint: 5, letter: 3 }

/** From this probability on a frame holds a voice. */
const SINGING = 0.5
// Shorter singing is the end of a line before it.
const SHORTEST_SECONDS = 0.6

/**
 * Looks once more where a voice sings between two visits, and finds lines that are sung there: short ones among others.
 * Both visits take part in the search, since their last and first letters may have been drawn into what was left over;
 * where they are not found again, only what lies between them is searched. What is found is marked as `added`.
 */
export function fillGaps(
  visits: readonly Visit[],
  lines: readonly TextLine[],
  trellis: Trellis,
  { sections }: Movement,
  { voice, hop }: Pick<Emissions, 'voice' | 'hop'>,
): Visit[] {
  if (!voice) return [...visits]
  const jumps = jumpsOf(lines, { sections, repeats: [] }, COSTS)
  const shortest = Math.round(SHORTEST_SECONDS / hop)
  const filled: Visit[] = []
  for (const after of [...visits, undefined]) {
    const before = filled.at(-1)
    const from = before ? lastOf(before) + 1 : 0
    const to = after?.first[0] ?? trellis.frames
    const between = sungFrames(voice, from, to) >= shortest ? lookBetween(before, after) : undefined
    if (before && between) filled[filled.length - 1] = between.before ?? before
    if (between) filled.push(...between.added)
    if (after) filled.push(between?.after ?? after)
  }
  return filled

  function lookBetween(before: Visit | undefined, after: Visit | undefined) {
    const wide = search(before?.first[0] ?? 0, after ? lastOf(after) + 1 : trellis.frames)
    const low = before ? wide.findIndex((visit) => isSame(visit, before)) : -1
    const high = after ? wide.findIndex((visit) => isSame(visit, after)) : wide.length
    const isWhole = (!before || low >= 0) && high > low
    if (!isWhole) {
      const added = search(before ? lastOf(before) + 1 : 0, after?.first[0] ?? trellis.frames)
      return { before, added: added.map(asAdded), after }
    }
    const added = wide.slice(low + 1, high)
    if (added.length === 0) return undefined
    return { before: again(before, wide[low]), added: added.map(asAdded), after: again(after, wide[high]) }
  }

  /** What is sung in frames [from, to); nothing where the search would take longer than that of a song. */
  function search(from: number, to: number): Visit[] {
    const { size, logProbs, gapScores, tokens, checkpoint } = trellis
    if (to <= from || (to - from) * tokens.length > ALL_PATHS) return []
    checkpoint?.()
    const path = bestPath({
      ...trellis,
      logProbs: logProbs.subarray(from * size, to * size),
      frames: to - from,
      gapScores: gapScores.map((scores) => scores.subarray(from, to)),
      jumps,
    })
    const later = (frames: Int32Array) => frames.map((frame) => frame + from)
    return visitsOf(path, lines).map(({ line, first, last }) => ({
      line,
      first: later(first),
      last: later(last),
    }))
  }
}

const asAdded = (visit: Visit): Visit => ({ ...visit, added: true })

/** A visit with new times is added if it was. */
function again(visit: Visit | undefined, found: Visit | undefined): Visit | undefined {
  return visit && found && { ...visit, first: found.first, last: found.last }
}

/** Whether both are one time that a line is sung. */
function isSame(a: Visit, b: Visit): boolean {
  return a.line === b.line && a.first[0]! <= lastOf(b) && lastOf(a) >= b.first[0]!
}

function lastOf({ last }: Visit): number {
  return last.at(-1)!
}

function sungFrames(voice: Float32Array, from: number, to: number): number {
  let count = 0
  for (let t = from; t < to; t++) if (voice[t]! >= SINGING) count++
  return count
}
