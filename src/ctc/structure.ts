import type { Unit } from '../types.ts'
import type { Jumps } from './jumps.ts'
import type { Spelling } from './spell.ts'

/** What it costs, in nats, to sing lines in another order than the text has. */
export type JumpCosts = {
  /** To leave out lines and go on further below. */
  ahead: number
  /** To go on at a line that begins a section, further above. */
  backToSection: number
  /** To go on at another line further above. */
  back: number
  /** What `ahead` is where it leads to the beginning of a section. */
  aheadToSection: number
  /** To end before the text does. */
  end: number
  /** What a letter that is sung is worth. */
  letter: number
}

export const JUMP_COSTS: JumpCosts = { ahead: 25, aheadToSection: 20, backToSection: 20, back: 30, end: 20, letter: 3 }

/** Numbers of the lines that have tokens, in their order, and of the first token of each; one more: the number of tokens. */
export type SpelledLines = { lines: number[]; starts: Int32Array }

export function spelledLines({ unitOfToken }: Spelling, units: readonly Unit[]): SpelledLines {
  const lines: number[] = []
  const starts: number[] = []
  unitOfToken.forEach((unit, token) => {
    const { line } = units[unit]!
    if (line === lines.at(-1)) return
    lines.push(line)
    starts.push(token)
  })
  return { lines, starts: Int32Array.from([...starts, unitOfToken.length]) }
}

export function jumpsOf(
  { lines, starts }: SpelledLines,
  isSectionStart: (line: number) => boolean,
  costs: JumpCosts = JUMP_COSTS,
): Jumps {
  const ahead = Float64Array.from([...lines.map((line) => isSectionStart(line) ? costs.aheadToSection : costs.ahead), costs.end])
  const back = Float64Array.from([
    ...lines.map((line) => (isSectionStart(line) ? costs.backToSection : costs.back)),
    Number.POSITIVE_INFINITY,
  ])
  return { starts, ahead, back, letter: costs.letter }
}
