import { Presets, SingleBar } from 'cli-progress'
import { shareDone } from '../aligner/stage-shares.ts'
import type { FolderProgress, ModelInfo, Progress } from '../index.ts'
import { clock } from './set/text.ts'

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

export type SongsBar = {
  show: (progress: FolderProgress) => void
  /** A song that is done: a line of its own where there is no bar. */
  say: (line: string) => void
  stop: () => void
}

/** The progress of many songs, with the time that is left. Where stderr is no terminal, a line for each song. */
export function songsBar({ quiet = false } = {}): SongsBar {
  const bar = openBar('loading the model', quiet, '{name} {bar} {percentage}%  {songs}  {left}', {
    songs: '',
    left: '',
  })
  let began: number | undefined
  return {
    show({ done, total, fraction, running }) {
      began ??= performance.now()
      const left = timeLeft((performance.now() - began) / 1000, fraction)
      const [first, ...others] = running
      const name = others.length > 0 ? `${running.length} at once` : (first?.stage ?? 'done')
      bar.update(fraction, name, { songs: `${done} of ${total} songs`, left })
    },
    say(line) {
      if (!quiet && !process.stderr.isTTY) process.stderr.write(`${line}\n`)
    },
    stop: bar.stop,
  }
}

// Before this share is done the rate says nothing.
const SHARE_TO_JUDGE_BY = 0.01

function timeLeft(seconds: number, fraction: number): string {
  if (fraction < SHARE_TO_JUDGE_BY || fraction >= 1) return ''
  return `${clock((seconds * (1 - fraction)) / fraction)} left`
}

type Bar = {
  update: (fraction: number, name: string, more?: Record<string, string>) => void
  stop: () => void
}

const NAME_WIDTH = 17

/** A bar on stderr for people; nothing where stderr is not a terminal. */
function openBar(
  name: string,
  quiet = false,
  format = '{name} {bar} {percentage}%',
  more: Record<string, string> = {},
): Bar {
  if (quiet || !process.stderr.isTTY) return { update: () => {}, stop: () => {} }
  const bar = new SingleBar(
    {
      format,
      clearOnComplete: true,
      hideCursor: true,
      stream: process.stderr,
    },
    Presets.shades_classic,
  )
  bar.start(1, 0, { name: name.padEnd(NAME_WIDTH), ...more })
  return {
    update: (fraction, now, values = {}) => bar.update(fraction, { name: now.padEnd(NAME_WIDTH), ...values }),
    stop: () => bar.stop(),
  }
}
