import type { Song, Sung } from './song.ts'

/** Something to look at: a singing that is suspect and not confirmed, or a line that is said to be not sung. */
export type Doubtful = { line: number; sung: number | null; confidence: number; time: number }

/** What a person should look at, most doubtful first; lines that were not heard at all come last, in their order. */
export function doubtfulOf(song: Song): Doubtful[] {
  const suspect = song.sung
    .filter(({ status, confirmed }) => status === 'suspect' && !confirmed)
    .map(({ id, line, confidence, start }): Doubtful => ({ line, sung: id, confidence, time: start }))
  const sung = new Set(song.sung.map(({ line }) => line))
  const unheard = song.lines
    .filter(({ id, status, confirmed }) => status === 'unsung' && !confirmed && !sung.has(id))
    .map(({ id, place }): Doubtful => ({ line: id, sung: null, confidence: 0, time: place.start }))
  return [...suspect.sort((a, b) => a.confidence - b.confidence || a.time - b.time), ...unheard]
}

/** The doubtful one after (1) or before (-1) that which is chosen, around the end; the first where none of them is. */
export function nextDoubtful(
  song: Song,
  chosen: { line: number | null; sung: number | null },
  step: 1 | -1,
): Doubtful | undefined {
  const all = doubtfulOf(song)
  const at = all.findIndex(({ line, sung }) => line === chosen.line && sung === chosen.sung)
  if (at < 0) return step === 1 ? all[0] : all.at(-1)
  return all[(at + step + all.length) % all.length]
}

/** The singing that is heard at a time: the last that has begun. */
export function sungAt(sung: readonly Sung[], time: number): Sung | undefined {
  return sung.findLast(({ start }) => start <= time)
}
