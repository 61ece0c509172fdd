import type { Unit } from '../types.ts'
import { GAP } from './viterbi.ts'

/** Units as tokens of a vocabulary. */
export type Spelling = {
  /** Vocabulary index of each letter. */
  tokens: Uint16Array
  /** Kind of gap before each token, and after the last; values of GAP. */
  gaps: Uint8Array
  /** Unit each token belongs to. */
  unitOfToken: Uint32Array
}

/** Spells units with the letters a model knows; what it does not know is left out. */
export function spell(units: readonly Unit[], vocabulary: readonly string[]): Spelling {
  const indexOf = new Map(vocabulary.map((token, index) => [token, index]))
  const tokens: number[] = []
  const gaps: number[] = []
  const unitOfToken: number[] = []
  units.forEach((unit, u) => {
    for (const letter of unit.romanized) {
      const token = indexOf.get(letter)
      if (token === undefined) continue
      gaps.push(gapBetween(units, unitOfToken.at(-1), u, vocabulary[tokens.at(-1)!]))
      tokens.push(token)
      unitOfToken.push(u)
    }
  })
  gaps.push(GAP.betweenLines)
  return {
    tokens: Uint16Array.from(tokens),
    gaps: Uint8Array.from(gaps),
    unitOfToken: Uint32Array.from(unitOfToken),
  }
}

const VOWELS = 'aeiouyv' // v is the ü of pinyin

function gapBetween(
  units: readonly Unit[],
  before: number | undefined,
  now: number,
  letter: string | undefined,
): number {
  if (before === now) return VOWELS.includes(letter!) ? GAP.afterVowel : GAP.afterConsonant
  if (before !== undefined && units[before]!.line === units[now]!.line) return GAP.betweenUnits
  return GAP.betweenLines
}
