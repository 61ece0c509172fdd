import { AlignError } from '../../errors.ts'

/**
 * A whole number that came as a text, `otherwise` where none came.
 * @throws AlignError BODY_INVALID
 */
export function wholeNumber<T>(
  name: string,
  text: string | null | undefined,
  [from, to]: readonly [number, number],
  otherwise: T,
): number | T {
  if (text === undefined || text === null) return otherwise
  const value = Number(text)
  if (/^\d{1,15}$/.test(text) && value >= from && value <= to) return value
  throw new AlignError(
    'BODY_INVALID',
    `${name}: expected a whole number from ${from} to ${to}, got ${JSON.stringify(text.slice(0, 40))}`,
  )
}

/**
 * One of some words, undefined where none came.
 * @throws AlignError BODY_INVALID
 */
export function oneOf<T extends string>(
  name: string,
  text: string | null,
  words: readonly T[],
): T | undefined {
  if (text === null) return undefined
  const found = words.find((word) => word === text)
  if (found) return found
  throw new AlignError(
    'BODY_INVALID',
    `${name}: expected one of ${words.join(', ')}, got ${JSON.stringify(text.slice(0, 40))}`,
  )
}
