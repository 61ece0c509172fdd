import { type TextLine, type Visit, visitsOf } from './text-line.ts'
import type { Trellis } from './trellis.ts'
import { bestPath, fewestFrames, GAP } from './viterbi.ts'

/** Sings each of the lines once, in order, within frames [from, to); undefined where there is no room for them. */
export function searchBetween(
  lines: readonly TextLine[],
  trellis: Trellis,
  from: number,
  to: number,
): Visit[] | undefined {
  const { size, logProbs, gapScores, checkpoint } = trellis
  const tokens = Uint16Array.from(lines.flatMap((line) => [...line.tokens]))
  const gaps = Uint8Array.from([...lines.flatMap((line) => [...line.gaps]), GAP.betweenLines])
  if (fewestFrames(tokens) > to - from) return undefined
  const path = bestPath({
    logProbs: logProbs.subarray(from * size, to * size),
    frames: to - from,
    size,
    gapScores: gapScores.map((scores) => scores.subarray(from, to)),
    tokens,
    gaps,
    checkpoint,
  })
  const later = (frames: Int32Array) => frames.map((frame) => frame + from)
  return visitsOf(path, lines).map(({ line, first, last }) => ({
    line,
    first: later(first),
    last: later(last),
  }))
}
