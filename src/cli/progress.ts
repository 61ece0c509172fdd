import { Presets, SingleBar } from 'cli-progress'
import type { Progress, Stage } from '../index.ts'

/** Where each stage begins and ends in the whole, from how long they take on one core. */
const SHARES: Record<Stage, [from: number, to: number]> = {
  queued: [0, 0],
  fetching: [0, 0.05],
  decoding: [0.05, 0.2],
  listening: [0.2, 0.9],
  aligning: [0.9, 0.95],
  refining: [0.95, 1],
  done: [1, 1],
}

export type ProgressBar = { show: (progress: Progress) => void; stop: () => void }

/** A bar on stderr for people; nothing where stderr is not a terminal. */
export function progressBar({ quiet = false } = {}): ProgressBar {
  if (quiet || !process.stderr.isTTY) return { show: () => {}, stop: () => {} }
  const bar = new SingleBar(
    {
      format: '{stage} {bar} {percentage}%',
      clearOnComplete: true,
      hideCursor: true,
      stream: process.stderr,
    },
    Presets.shades_classic,
  )
  bar.start(1, 0, { stage: 'loading the model'.padEnd(17) })
  return {
    show: ({ stage, fraction }) => {
      const [from, to] = SHARES[stage]
      bar.update(from + (to - from) * fraction, { stage: stage.padEnd(17) })
    },
    stop: () => bar.stop(),
  }
}
