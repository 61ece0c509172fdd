const CHORD =
  '[A-G][#b♯♭]?(?:maj|min|dim|aug|sus|add|m|M)?\\d{0,2}(?:(?:sus|add|maj|b|#)\\d{1,2})?(?:/[A-G][#b♯♭]?)?'
const CHORD_WORD = new RegExp(`^(?:${CHORD}|N\\.?C\\.?|[|/%-]+)$`, 'u')
const CHORD_IN_LINE = new RegExp(`\\[${CHORD}\\]`, 'gu')
/** What is longer is no chord. */
const LONGEST_CHORD = 16

/** "G  D/F#  Em7". Bare letters alone ("A B C") are chords only where they are set apart by wide gaps or bars. */
export function isChords(text: string): boolean {
  const names = text
    .replaceAll('|:', '|')
    .replaceAll(':|', '|')
    .split(/[\s|]+/u)
    .filter((name) => name !== '')
  if (!names.every(isChord) || !/[A-G]/.test(text)) return false
  return names.some((name) => /^[A-G]./u.test(name)) || (names.length > 1 && /\s{2}|\|/u.test(text))
}

/** One chord: G, D/F#, N.C. */
export function isChord(name: string): boolean {
  return name.length <= LONGEST_CHORD && CHORD_WORD.test(name)
}

/** [G]Amazing [D/F#]grace without its chords. */
export function withoutChords(line: string): string {
  return line.replace(CHORD_IN_LINE, '')
}
