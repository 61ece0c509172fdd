import { Presets, SingleBar } from 'cli-progress'
import { shareDone } from '../aligner/stage-shares.ts'
import type { ModelInfo, Progress } from '../index.ts'

export type ProgressBar = {
  show: (progress: Progress, engine: ModelInfo['engine']) => void
  stop: () => void
}

/** The progress of an alignment. */
export function progressBar({ quiet = false } = {}): ProgressBar {
  const bar = openBar('loading the model', quiet)
  return {
    show: (progress, engine) => bar.update(shareDone(progress, engine), progress.stage),
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
