import type { LyricLine, Movement } from '../types.ts'

/** Sections and written repeats of a text: what is likely of the order in which it is sung. The sound decides. */
export function movementOf(lines: readonly LyricLine[]): Movement {
  return { sections: sectionsOf(lines), repeats: [] }
}

/** A section begins after a blank line or a marker, and where lines that the text has twice begin or end. */
function sectionsOf(lines: readonly LyricLine[]): Set<number> {
  const sung = lines.filter(({ kind }) => kind === 'sung')
  const places = new Map<string, number[]>()
  sung.forEach(({ sung: text }, at) => {
    const words = wordsOf(text)
    places.set(words, [...(places.get(words) ?? []), at])
  })
  const before = (at: number) => (at > 0 ? wordsOf(sung[at - 1]!.sung) : '')
  const isTwice = (at: number) => places.get(wordsOf(sung[at]!.sung))!.length > 1
  const begins = (at: number) =>
    at === 0 ||
    lines[sung[at]!.index - 1]?.kind !== 'sung' ||
    isTwice(at) !== isTwice(at - 1) ||
    (isTwice(at) && new Set(places.get(wordsOf(sung[at]!.sung))!.map(before)).size > 1)
  return new Set(sung.filter((_, at) => begins(at)).map(({ index }) => index))
}

/** Letters and digits alone: the same words with other punctuation are the same line. */
function wordsOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
}
