import { existsSync, readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { encodeWav, tone } from './audio-samples.ts'
import { mutate, randomOf } from './mutations.ts'

/** As built: Node 20 reads no TypeScript in threads. */
const READ = new URL('../dist/src/audio/read.js', import.meta.url)
const ERRORS = new URL('../dist/src/errors.js', import.meta.url)

/** Needs `npm run build`. */
export const isBuilt = existsSync(READ)

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url)))
const left = tone(440, 0.6, 44_100)

/** One file of every format and kind of header. */
export const CORPUS: Record<string, Uint8Array> = {
  ...Object.fromEntries(
    [
      'click.mp3',
      'click-vbr.mp3',
      'click-plain.mp3',
      'cover.mp3',
      'click.flac',
      'unfolds.flac',
      'click-flac.ogg',
    ]
      .concat(['click.ogg', 'click.opus', 'click.m4a', 'alaw.wav'])
      .concat(['click.aiff', 'click-8bit.aiff', 'click-24bit.aiff', 'click-sowt.aifc', 'click-fl32.aifc'])
      .map((name) => [name, fixture(name)]),
  ),
  'pcm16.wav': encodeWav([left, left], 44_100),
  'pcm24.wav': encodeWav([left], 44_100, { bits: 24, extraBytes: 7 }),
  'float32.wav': encodeWav([left], 22_050, { bits: 32, float: true, extensible: true }),
}

const MAX_SECONDS = 3

/** A file is read in milliseconds; this is a hang, on the slowest machine. */
const HANG_MILLISECONDS = 60_000

/** What reading may add to the memory of the process while the threads of the test live, bytes. */
const MAX_GROWTH = 1_000_000_000

/** How damaged files may end, besides in samples. */
const ENDS = ['AUDIO_UNREADABLE', 'AUDIO_TOO_LONG', 'AUDIO_TOO_SHORT']

type Answer = { seconds?: number; wild?: boolean; code?: string; message?: string; stack?: string }

/** What all the files of a run became: how many ended in each way, and every one that ended as none may. */
export type FuzzReport = { ends: Record<string, number>; faults: string[]; growth: number }

/** Reads `count` damaged copies of every file of the corpus in a thread, from number `first` on. */
export async function fuzz(seed: number, count: number, names = Object.keys(CORPUS)): Promise<FuzzReport> {
  const report: FuzzReport = { ends: {}, faults: [], growth: 0 }
  const others = Object.values(CORPUS)
  const before = process.memoryUsage().rss
  const watch = setInterval(() => {
    report.growth = Math.max(report.growth, process.memoryUsage().rss - before)
  }, 20)
  let thread = await startThread()
  try {
    for (const name of names) {
      for (let number = 0; number < count; number++) {
        const { bytes, did } = mutate(CORPUS[name]!, randomOf(seed + number * 7919 + hashOf(name)), others)
        const answer = await read(thread, bytes)
        const end = answer.code ?? 'samples'
        report.ends[end] = (report.ends[end] ?? 0) + 1
        const fault = faultOf(answer) ?? (report.growth > MAX_GROWTH ? 'memory without bound' : undefined)
        if (!fault) continue
        report.faults.push(`seed ${seed}, ${name} number ${number} (${did}): ${fault}`)
        await thread.terminate()
        thread = await startThread()
        if (report.growth > MAX_GROWTH) return report
      }
    }
    return report
  } finally {
    clearInterval(watch)
    await thread.terminate()
  }
}

function faultOf({ seconds, wild, code, message, stack }: Answer): string | undefined {
  if (code !== undefined)
    return ENDS.includes(code) && message?.startsWith('Expected') ? undefined : `${code}: ${stack ?? message}`
  if (wild) return 'samples beyond full scale'
  return seconds! >= 0.2 && seconds! <= MAX_SECONDS + 0.01 ? undefined : `${seconds} s of samples`
}

function startThread(): Promise<Worker> {
  const thread = new Worker(new URL('read-worker.mjs', import.meta.url), {
    workerData: { read: READ.href, errors: ERRORS.href },
    stderr: true, // decoders say there what they meet
    resourceLimits: { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64 },
  })
  return new Promise((resolve, reject) => {
    thread.once('message', () => resolve(thread))
    thread.once('error', reject)
  })
}

/** What a thread says of a file; a thread that hangs or dies says so too. */
function read(thread: Worker, bytes: Uint8Array): Promise<Answer> {
  return new Promise((resolve) => {
    const crash = ({ message, stack }: Error) => end({ code: 'CRASH', message, stack: stack ?? message })
    const exit = (status: number) => end({ code: 'EXIT', message: `exit code ${status}` })
    const timer = setTimeout(() => end({ code: 'HANG', message: 'no answer' }), HANG_MILLISECONDS)
    const end = (answer: Answer) => {
      clearTimeout(timer)
      thread.off('message', end).off('error', crash).off('exit', exit)
      resolve(answer)
    }
    thread.on('message', end).on('error', crash).on('exit', exit)
    thread.postMessage({ bytes, maxSeconds: MAX_SECONDS })
  })
}

/** So that files of one number are damaged in different ways. */
function hashOf(name: string): number {
  return [...name].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), 7)
}
