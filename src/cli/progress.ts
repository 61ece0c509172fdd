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

/** The progress of an alignment. */
export function progressBar({ quiet = false } = {}): ProgressBar {
  const bar = openBar('loading the model', quiet)
  return {
    show: ({ stage, fraction }) => {
      const [from, to] = SHARES[stage]
      bar.update(from + (to - from) * fraction, stage)
    },
    stop: bar.stop,
  }
}

/** The progress of one thing that has no stages. */
export function shareBar(name: string): { show: (fraction: number) => void; stop: () => void } {
  const bar = openBar(name)
  return { show: (fraction) => bar.update(fraction, name), stop: bar.stop }
}

type Bar = { update: (fraction: number, name: string) => void; stop: () => void }

const NAME_WIDTH = 17

/** A bar on stderr for people; nothing where stderr is not a terminal. */
function openBar(name: string, quiet = false): Bar {
  if (quiet || !process.stderr.isTTY) return { update: () => {}, stop: () => {} }
  const bar = new SingleBar(
    {
      format: '{name} {bar} {percentage}%',
      clearOnComplete: true,
      hideCursor: true,
      stream: process.stderr,
    },
    Presets.shades_classic,
  )
  bar.start(1, 0, { name: name.padEnd(NAME_WIDTH) })
  return {
    update: (fraction, now) => bar.update(fraction, { name: now.padEnd(NAME_WIDTH) }),
    stop: () => bar.stop(),
  }
}
