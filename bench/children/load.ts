/** An aligner under load in a process of its own: songs arrive at set times, whether or not others are done. */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAligner } from '../../src/index.ts'
import { peakMemory, replyWith, taskOf } from '../figures/child.ts'

export type LoadTask = {
  file: string
  lyrics: string
  maxConcurrent: number
  threads: number
  model?: string
  /** When songs come, seconds from the start, in order. All at 0 keep every thread busy until they are done. */
  arrivals: number[]
}

export type LoadReply = {
  /** From arrival to answer, waiting included, by song. */
  latencies: number[]
  /** From the start to the last answer. */
  wallSeconds: number
  /** Of every thread, over that time. */
  cpuSeconds: number
  peakBytes: number
  /** Starts of the lines, seconds; the same for every song, or the load was answered wrongly. */
  starts: number[]
}

const { file, lyrics, maxConcurrent, threads, model, arrivals } = taskOf<LoadTask>()
const aligner = await createAligner({
  maxConcurrent,
  threads,
  maxQueue: arrivals.length,
  maxAudioSeconds: 3600,
  ...(model && { modelPath: model }),
})
let asked = 0
await warmUp()
const before = process.cpuUsage()
const started = performance.now()
const songs = await Promise.all(arrivals.map(arrive))
const wallSeconds = (performance.now() - started) / 1000
const { user, system } = process.cpuUsage(before)
const peakBytes = peakMemory()
await aligner.close()
const different = songs.find(({ text }) => text !== songs[0]!.text)
if (different)
  throw new Error(`Expected the same starts for every song, got ${songs[0]!.text} and ${different.text}`)
const reply: LoadReply = {
  latencies: songs.map(({ seconds }) => seconds),
  wallSeconds,
  cpuSeconds: (user + system) / 1e6,
  peakBytes,
  starts: JSON.parse(songs[0]!.text),
}
replyWith(reply)

async function arrive(at: number): Promise<{ seconds: number; text: string }> {
  await sleep(at * 1000)
  const text = await align()
  // Since it should have come: where timers are late, that is the load's doing.
  return { seconds: (performance.now() - started) / 1000 - at, text }
}

/** Blank lines make every song another one: the same one asked for twice at a time would be aligned once. */
async function align(): Promise<string> {
  const other = lyrics + '\n'.repeat(++asked)
  const { lines } = await aligner.align(await readFile(file), other, { force: true })
  return JSON.stringify(lines.filter(({ status }) => status !== 'blank').map(({ start }) => start))
}

/** The first song of a thread compiles its code; that is no part of what a service carries. */
async function warmUp(): Promise<void> {
  await Promise.all(Array.from({ length: maxConcurrent }, align))
}
