/** Aligns one recording with many lyrics, in a process of its own: first, and when it was heard before. */
import { readFile } from 'node:fs/promises'
import { createAligner } from '../../src/index.ts'
import { peakMemory, replyWith, taskOf } from '../figures/child.ts'

export type RealignTask = {
  file: string
  /** The first ones with nothing known; the others one after the other when it was heard. */
  lyrics: string[]
  threads: number
  /** A folder that is empty, or that another process has filled. */
  cacheDir?: string
  model?: string
}

export type RealignReply = {
  /** Of each of the lyrics, milliseconds. */
  times: number[]
  /** Of each of them, anew and without any cache: whether the bytes are the same. */
  same: boolean[]
  /** Starts of the lines that are not blank, by lyrics, seconds. */
  starts: number[][]
  /** The last lyrics again. */
  againTimes: number[]
  /** How often the recording was found, and how often it had to be heard. */
  emissions: { hits: number; misses: number }
  peakBytes: number
}

const LIMITS = { maxAudioSeconds: 36_000, maxAudioBytes: 2 ** 31 - 1 }
const AGAIN = 5
// Hearing the song anew takes seconds each time, so that only some of the lyrics are compared.
const COMPARED = 2

const { file, lyrics, threads, cacheDir, model } = taskOf<RealignTask>()
const options = { threads, ...LIMITS, ...(model && { modelPath: model }) }
const aligner = await createAligner({ ...options, ...(cacheDir && { cacheDir }) })
const bytes = await readFile(file)
const times: number[] = []
const starts: number[][] = []
const answers: string[] = []
for (const text of lyrics) {
  const { milliseconds, answer } = await timed(text)
  times.push(milliseconds)
  answers.push(JSON.stringify(answer))
  starts.push(answer.lines.filter(({ status }) => status !== 'blank').map(({ start }) => start))
}
const againTimes: number[] = []
for (let i = 0; i < AGAIN; i++) againTimes.push((await timed(lyrics.at(-1)!)).milliseconds)
const { emissions } = aligner.status().cache
const peakBytes = peakMemory()
await aligner.close()
const same = await compare()
replyWith({ times, same, starts, againTimes, emissions, peakBytes } satisfies RealignReply)

async function timed(text: string) {
  const started = performance.now()
  const answer = await aligner.align(bytes, text)
  return { milliseconds: performance.now() - started, answer }
}

async function compare(): Promise<boolean[]> {
  const fresh = await createAligner(options)
  const outcomes: boolean[] = []
  for (let i = 1; i <= COMPARED; i++) {
    const answer = await fresh.align(bytes, lyrics.at(-i)!, { force: true })
    outcomes.push(JSON.stringify(answer) === answers.at(-i))
  }
  await fresh.close()
  return outcomes
}
