/** Aligns one recording some times over with the package as its users have it, in a process of its own. */
import { readFile } from 'node:fs/promises'
import { createAligner } from '../../src/index.ts'
import { peakMemory, replyWith, taskOf } from '../figures/child.ts'

export type WholeTask = { file: string; lyrics: string; threads: number; runs: number; model?: string }

export type WholeReply = {
  /** Date.now() when the first result was there. */
  firstResultAt: number
  /** Wall time of every run. */
  seconds: number[]
  /** CPU time of all runs, of every thread. */
  cpuSeconds: number
  /** Start of every line in the last run, seconds. */
  starts: number[]
  idleBytes: number
  peakBytes: number
}

// Above every length a bench asks for.
const LIMITS = { maxAudioSeconds: 36_000, maxAudioBytes: 2 ** 31 - 1 }

const { file, lyrics, threads, runs, model } = taskOf<WholeTask>()
const aligner = await createAligner({ threads, ...LIMITS, ...(model && { modelPath: model }) })
const idleBytes = process.memoryUsage.rss()
const seconds: number[] = []
let firstResultAt = 0
let starts: number[] = []
const before = process.cpuUsage()
for (let run = 0; run < runs; run++) {
  const started = performance.now()
  const { lines } = await aligner.align(await readFile(file), lyrics, { force: true })
  seconds.push((performance.now() - started) / 1000)
  firstResultAt ||= Date.now()
  starts = lines.map(({ start }) => start)
}
const { user, system } = process.cpuUsage(before)
const peakBytes = peakMemory()
await aligner.close()
const reply: WholeReply = {
  firstResultAt,
  seconds,
  cpuSeconds: (user + system) / 1e6,
  starts,
  idleBytes,
  peakBytes,
}
replyWith(reply)
