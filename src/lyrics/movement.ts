import type { LyricLine, Movement } from '../types.ts'

/** Sections and written repeats of a text: what is likely of the order in which it is sung. The sound decides. */
export function movementOf(lines: readonly LyricLine[]): Movement {
  return { sections: sectionsOf(lines), repeats: [] }
}

/** A section begins after a blank line or a marker, and where lines that the text has twice begin or end. */
function sectionsOf(lines: readonly LyricLine[]): Set<number> {
  const sung = lines.filter(({ kind }) => kind === 'sung')
  const words = sung.map(({ sung: text }) => wordsOf(text))
  const counts = new Map<string, number>()
  /** What stands before a text, wherever it stands; each text is looked at once, however often it is written. */
  const before = new Map<string, Set<string>>()
  words.forEach((text, at) => {
    counts.set(text, (counts.get(text) ?? 0) + 1)
    before.set(text, (before.get(text) ?? new Set()).add(words[at - 1] ?? ''))
  })
  const isTwice = (at: number) => counts.get(words[at]!)! > 1
  const begins = (at: number) =>
    at === 0 ||
    lines[sung[at]!.index - 1]?.kind !== 'sung' ||
    isTwice(at) !== isTwice(at - 1) ||
    (isTwice(at) && before.get(words[at]!)!.size > 1)
  return new Set(sung.filter((_, at) => begins(at)).map(({ index }) => index))
}

/** Letters and digits alone: the same words with other punctuation are the same line. */
function wordsOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
}
