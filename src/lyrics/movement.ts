import type { LyricLine, Marker, Movement } from '../types.ts'
import { timesOf } from './markers.ts'

/** Sections and written repeats of a text: what is likely of the order in which it is sung. The sound decides. */
export function movementOf(all: readonly LyricLine[]): Movement {
  const original = all.filter(({ translates }) => translates === undefined)
  if (original.length === all.length) return { sections: sectionsOf(all), repeats: repeatsOf(all) }
  // a translation between two lines divides nothing: the text is looked at as if it had none
  const { sections, repeats } = movementOf(original.map((line, index) => ({ ...line, index })))
  const indexOf = (at: number) => (at < 0 ? at : (original[at]?.index ?? all.length))
  return {
    sections: new Set([...sections].map(indexOf)),
    repeats: repeats.map(({ after, to }) => ({ after: indexOf(after), to: indexOf(to) })),
  }
}

/** Sung lines [first, last], by index, without a blank line or marker between them, and the part they were said to be. */
type Block = { first: number; last: number; name: string | undefined }

/**
 * Where the text says that lines are sung again: a part that is named without its text ("[Chorus]", 副歌, {chorus}), a part,
 * block or line with a number of times ("(x2)", 2x), "Repeat".
 */
function repeatsOf(lines: readonly LyricLine[]): Movement['repeats'] {
  const repeats: { after: number; to: number }[] = []
  const parts = new Map<string, Block>()
  const nextSung = nextSungOf(lines)
  let block: Block | undefined
  let marker: Marker | undefined
  for (const { index, kind, text, marker: said } of lines) {
    if (kind === 'sung') {
      const follows = block?.last === index - 1
      if (follows && !marker) block!.last = index
      else block = { first: index, last: index, name: marker?.name ?? nameBefore(block, lines, index) }
      if (marker?.times && marker.times > 1) again(block!, marker)
      marker = undefined
      // A number of times at the end of a line is the line's, or that of all the lines above it.
      if ((timesOf(text) ?? 1) > 1)
        repeats.push({ after: index, to: index }, { after: index, to: block!.first })
      if (block!.name !== undefined) extend(parts, block!)
      continue
    }
    if (kind === 'blank') continue
    if (said?.kind !== 'section' && said?.kind !== 'repeat') continue
    const part = said.name === undefined ? undefined : parts.get(said.name)
    const isTextBelow = said.kind === 'section' && lines[index + 1]?.kind === 'sung'
    if (part && !isTextBelow) {
      const before = block?.last ?? -1
      repeats.push({ after: before, to: part.first }, { after: part.last, to: nextSung[index]! })
      if ((said.times ?? 1) > 1) repeats.push({ after: part.last, to: part.first })
    } else if (said.kind === 'repeat' && block) repeats.push({ after: block.last, to: block.first })
    else marker = said
  }
  return repeats

  /** A part with a number of times in its name ends where the next marker or blank line stands. */
  function again({ first }: Block, { times = 1 }: Marker): void {
    let last = first
    while (lines[last + 1]?.kind === 'sung') last++
    if (times > 1) repeats.push({ after: last, to: first })
  }
}

/** Blocks of one part that a blank line divides have one name. */
function nameBefore(
  block: Block | undefined,
  lines: readonly LyricLine[],
  index: number,
): string | undefined {
  return block && lines.slice(block.last + 1, index).every(({ kind }) => kind === 'blank')
    ? block.name
    : undefined
}

/** The first part of a name is the one that is meant later; it grows while its lines go on. */
function extend(parts: Map<string, Block>, block: Block): void {
  const known = parts.get(block.name!)
  if (!known) parts.set(block.name!, { ...block })
  else if (known.first === block.first) known.last = block.last
}

/** By line: index of the first sung line at or behind it; the number of lines where there is none. */
function nextSungOf(lines: readonly LyricLine[]): number[] {
  const next = new Array<number>(lines.length)
  for (let i = lines.length - 1; i >= 0; i--)
    next[i] = lines[i]!.kind === 'sung' ? i : (next[i + 1] ?? lines.length)
  return next
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
