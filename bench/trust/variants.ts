import type { Song } from './song.ts'

/** A line of a text, and when it is sung: at every one of `starts` (seconds), or not at all. */
export type GivenLine = { text: string; starts: number[] }

/** Lyrics that are not what is sung, made of a song with known times; undefined where the song does not allow it. */
export type Variant = (song: Song, all: readonly Song[], random: () => number) => GivenLine[] | undefined

/** Letters and digits alone: what makes two lines the same words. */
export function wordsOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
}

/** A generator of its own, so that a seed gives the same texts everywhere (numbers in [0, 1)). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const FOREIGN_LINES = 8
const TYPO_SHARE = 1 / 6
const FEWEST_SWAPPED = 12

export const VARIANTS: Readonly<Record<string, Variant>> = {
  exact,
  dropped,
  once,
  foreign,
  wrong,
  typos,
  swapped,
}

function exact({ lines }: Song): GivenLine[] {
  return lines.map(({ text, start }) => ({ text, starts: [start] }))
}

/** A quarter of the lines, in one block, is missing. */
function dropped(song: Song, _: readonly Song[], random: () => number): GivenLine[] {
  const count = Math.max(1, song.lines.length >> 2)
  const from = Math.floor(random() * (song.lines.length - count))
  return exact(song).filter((_, i) => i < from || i >= from + count)
}

/** Lines that are sung more than once stand only where they are sung first. */
function once({ lines }: Song): GivenLine[] | undefined {
  const starts = new Map<string, number[]>()
  for (const { text, start } of lines) {
    const words = wordsOf(text)
    starts.set(words, [...(starts.get(words) ?? []), start])
  }
  if (starts.size >= lines.length - 2) return undefined
  const firsts = lines.filter(({ text, start }) => starts.get(wordsOf(text))![0] === start)
  return firsts.map(({ text }) => ({ text, starts: starts.get(wordsOf(text))! }))
}

/** A verse of another song of the same language stands in it. */
function foreign(song: Song, all: readonly Song[], random: () => number): GivenLine[] | undefined {
  const other = otherOf(song, all)
  if (!other) return undefined
  const count = Math.max(2, Math.min(FOREIGN_LINES, song.lines.length >> 2))
  const at = Math.floor(random() * song.lines.length)
  const verse = other.lines.slice(0, count).map(({ text }) => ({ text, starts: [] }))
  return exact(song).toSpliced(at, 0, ...verse)
}

/** The text of another song of the same language. */
function wrong(song: Song, all: readonly Song[]): GivenLine[] | undefined {
  return otherOf(song, all)
    ?.lines.slice(0, song.lines.length)
    .map(({ text }) => ({ text, starts: [] }))
}

/** One word in six is another word of the song. */
function typos({ lines }: Song, _: readonly Song[], random: () => number): GivenLine[] | undefined {
  const words = lines.flatMap(({ text }) => text.split(/\s+/))
  if (words.length < lines.length * 2) return undefined
  const typed = (word: string) => (random() < TYPO_SHARE ? words[Math.floor(random() * words.length)]! : word)
  return lines.map(({ text, start }) => ({ text: text.split(/\s+/).map(typed).join(' '), starts: [start] }))
}

/** Two blocks of a quarter of the lines each have changed places. */
function swapped(song: Song): GivenLine[] | undefined {
  const { length } = song.lines
  if (length < FEWEST_SWAPPED) return undefined
  const count = length >> 2
  const first = Math.floor(length / 8)
  const second = Math.floor(length / 2)
  const lines = exact(song)
  return [
    ...lines.slice(0, first),
    ...lines.slice(second, second + count),
    ...lines.slice(first + count, second),
    ...lines.slice(first, first + count),
    ...lines.slice(second + count),
  ]
}

function otherOf(song: Song, all: readonly Song[]): Song | undefined {
  const others = all.filter(({ language, name }) => language === song.language && name !== song.name)
  return others[all.indexOf(song) % others.length]
}
