/** What one way of keeping workers costs, in a process of its own: start, memory, time, throughput. */
import { readFile } from 'node:fs/promises'
import { createAligner } from '../../src/index.ts'
import { replyWith, taskOf } from '../figures/child.ts'
import { childrenOf, sharedOutMemory } from '../figures/processes.ts'

export type IsolationTask = {
  isolation: 'thread' | 'process'
  song: { file: string; lyrics: string }
  /** A song with much in its file that is no audio. */
  large: { file: string; lyrics: string }
  runs: number
}

export type IsolationReply = {
  /** Until createAligner resolves, with one worker. */
  startSeconds: number
  /** Of this process and its workers when idle, one worker. */
  idleBytes: number
  /** The same after the runs. */
  usedBytes: number
  /** Each alignment, one worker. */
  seconds: number[]
  largeSeconds: number[]
  /** Alignments an hour with two workers that are always busy. */
  perHour: number
  /** With two workers, after that. */
  twoBytes: number
  /** Starts of the lines of every song. */
  starts: number[][]
}

const { isolation, song, large, runs } = taskOf<IsolationTask>()
const starts: number[][] = []

const began = performance.now()
const one = await createAligner({ isolation, threads: 1 })
const startSeconds = (performance.now() - began) / 1000
const idleBytes = memory()
await align(one, song)
const seconds = await times(runs, () => align(one, song))
const largeSeconds = await times(runs, () => align(one, large))
const usedBytes = memory()
await one.close()

const two = await createAligner({ isolation, threads: 1, maxConcurrent: 2, maxQueue: 2 * runs })
await Promise.all([align(two, song), align(two, song, '\n')])
const started = performance.now()
// Each with other blank lines after it: the same question twice would be answered once.
await Promise.all(Array.from({ length: 2 * runs }, (_, i) => align(two, song, '\n'.repeat(i))))
const perHour = (2 * runs * 3_600_000) / (performance.now() - started)
const twoBytes = memory()
await two.close()

replyWith({
  startSeconds,
  idleBytes,
  usedBytes,
  seconds,
  largeSeconds,
  perHour,
  twoBytes,
  starts,
} satisfies IsolationReply)

function memory(): number {
  return [process.pid, ...childrenOf(process.pid)].reduce((sum, pid) => sum + sharedOutMemory(pid), 0)
}

async function align(aligner: typeof one, { file, lyrics }: IsolationTask['song'], more = ''): Promise<void> {
  const { lines } = await aligner.align(await readFile(file), lyrics + more, { force: true })
  starts.push(lines.filter(({ status }) => status !== 'blank').map(({ start }) => start))
}

async function times(count: number, run: () => Promise<void>): Promise<number[]> {
  const found: number[] = []
  for (let i = 0; i < count; i++) {
    const before = performance.now()
    await run()
    found.push((performance.now() - before) / 1000)
  }
  return found
}
