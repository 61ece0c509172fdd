import type { Movement } from '../types.ts'
import type { Jumps } from './jumps.ts'
import type { TextLine } from './text-line.ts'

/** What it costs, in nats, to go on elsewhere than at the next line, and what letters that are sung are worth. */
export type JumpCosts = {
  /** To leave out lines and go on further below. */
  ahead: number
  /** To go on further above. */
  back: number
  /** Share of both that is due where they lead to the beginning of a section. */
  toSection: number
  /** To go where the text says that a section is sung again. */
  hint: number
  /** What each letter that is sung is worth. */
  letter: number
}

/** Found by scripts/tune-structure.ts on the development songs with lines missing, swapped, written once, foreign and cut. */
export const JUMP_COSTS: JumpCosts = { ahead: 60, back: 50, toSection: 1, hint: 5, letter: 3 }

/** The ways of a search that leaves lines out, sings them again or in another order. */
export function jumpsOf(
  lines: readonly TextLine[],
  { sections, repeats }: Movement,
  costs: JumpCosts = JUMP_COSTS,
): Jumps {
  const share = lines.map(({ index }) => (sections.has(index) ? costs.toSection : 1))
  const starts = new Int32Array(lines.length + 1)
  lines.forEach(({ tokens }, i) => {
    starts[i + 1] = starts[i]! + tokens.length
  })
  const from = (index: number) => {
    const found = lines.findIndex((line) => line.index >= index)
    return found < 0 ? lines.length : found
  }
  return {
    starts,
    ahead: Float64Array.from([...share, 1], (part) => part * costs.ahead),
    back: Float64Array.from([...share.map((part) => part * costs.back), Number.POSITIVE_INFINITY]),
    worth: costs.letter,
    hints: repeats
      .map(({ after, to }) => ({ from: from(after + 1), to: from(to), cost: costs.hint }))
      .filter((hint) => hint.from !== hint.to),
  }
}
