import type { Emissions, Span } from '../types.ts'

/** From this probability on a frame holds a voice. */
const SINGING = 0.5
// Between two lines a voice may fade or breathe; only longer stretches can hold words.
const SHORTEST_SECONDS = 1

/** Singing that is in no line. */
export type Unclaimed = {
  /** Stretches of a second and more. */
  extra: Span[]
  /** Share of the frames with a voice that lie within `claimed`; null where the model has no voice output or nobody sings. */
  covered: number | null
}

/** What is sung outside of the given spans. */
export function singingOutside(
  { voice, hop, frames }: Pick<Emissions, 'voice' | 'hop' | 'frames'>,
  claimed: readonly Span[],
): Unclaimed {
  if (!voice) return { extra: [], covered: null }
  const isClaimed = new Uint8Array(frames)
  for (const { start, end } of claimed) isClaimed.fill(1, Math.round(start / hop), Math.round(end / hop))
  const shortest = Math.round(SHORTEST_SECONDS / hop)
  const extra: Span[] = []
  let sung = 0
  let within = 0
  let stretch = 0
  for (let t = 0; t <= frames; t++) {
    const isSung = t < frames && voice[t]! >= SINGING
    if (isSung) sung++
    if (isSung && isClaimed[t]) within++
    if (isSung && !isClaimed[t]) {
      stretch++
      continue
    }
    if (stretch >= shortest) extra.push({ start: (t - stretch) * hop, end: t * hop })
    stretch = 0
  }
  return { extra, covered: sung > 0 ? within / sung : null }
}
