/** One measurement of bench/qwen3.ts in a process of its own; prints JSON. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { Dtype } from '../src/qwen3/convert/linear.ts'
import { readManifest } from '../src/qwen3/converted.ts'
import { createMemory } from '../src/qwen3/heard-memory.ts'
import { logMel, SAMPLE_RATE } from '../src/qwen3/mel.ts'
import { convertQwen3 } from '../src/qwen3/prepare.ts'
import { buildPrompt } from '../src/qwen3/prompt.ts'
import { loadTokenizer } from '../src/qwen3/tokenizer.ts'
import { openTwoGraphs } from '../src/qwen3/two-graphs.ts'
import { openGemm } from './qwen3-gemm.ts'
import { type Aligned, type Converted, UNITS, WINDOW_SECONDS } from './qwen3-song.ts'

/** Noise that changes from window to window. */
function windowAudio(index: number): Float32Array {
  let state = index + 1
  return Float32Array.from({ length: WINDOW_SECONDS * SAMPLE_RATE }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state / 2 ** 32 - 0.5
  })
}

/** Of all threads; other work on the machine does not count. */
const cpuSeconds = () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  return (userCPUTime + systemCPUTime) / 1e6
}

const peakMegabytes = () => Math.round(process.resourceUsage().maxRSS / 1024)

async function convert(snapshot: string, folder: string, dtype: Dtype): Promise<Converted> {
  const start = performance.now()
  await convertQwen3(snapshot, folder, { dtype })
  return { seconds: (performance.now() - start) / 1000, peakMegabytes: peakMegabytes() }
}

async function align(folder: string, threads: number, count: number): Promise<Aligned> {
  const gemm = await openGemm(threads)
  const before = performance.now()
  const manifest = await readManifest(folder)
  const model = await openTwoGraphs(folder, manifest, { threads, shareWeights: false })
  const { encode, markers } = await loadTokenizer(folder)
  const loadSeconds = (performance.now() - before) / 1000
  const memory = createMemory()
  const ask = async (index: number, text: string) => {
    const [start, cpuStart] = [performance.now(), cpuSeconds()]
    const samples = windowAudio(index)
    const heard = await memory.hear(samples, () =>
      model.encode(logMel(samples, manifest.shape.melBins), () => {}),
    )
    const middle = performance.now()
    const prompt = buildPrompt(heard.tokens, new Array(UNITS).fill(text), markers, encode)
    const { values } = await model.decode(prompt, heard, () => {})
    memory.settle()
    const end = performance.now()
    if (!values.every(Number.isFinite)) throw new Error('The model answered with NaN')
    return {
      encode: (middle - start) / 1000,
      decode: (end - middle) / 1000,
      cpu: cpuSeconds() - cpuStart,
      tokens: prompt.ids.length,
    }
  }
  // the first window warms up, and belongs to another song
  const { tokens } = await ask(-1, 'ab')
  const gemms: number[] = []
  const passes = { first: [] as Asked[], again: [] as Asked[] }
  for (const [pass, text] of [
    ['first', 'ab'],
    ['again', 'cd'],
  ] as const) {
    memory.nextSong()
    for (let i = 0; i < count; i++) {
      gemms.push(await gemm.gigaflops())
      passes[pass].push(await ask(i, text))
    }
  }
  await model.close()
  await gemm.close()
  const { first, again } = passes
  return {
    loadSeconds,
    encodeSeconds: sum(first, 'encode'),
    decodeSeconds: sum(first, 'decode'),
    cpuSeconds: sum(first, 'cpu'),
    again: { seconds: sum(again, 'encode') + sum(again, 'decode'), cpuSeconds: sum(again, 'cpu') },
    gemmGigaflops: median(gemms),
    tokens,
  }
}

type Asked = { encode: number; decode: number; cpu: number }

function sum(asked: readonly Asked[], what: keyof Asked): number {
  return asked.reduce((total, one) => total + one[what], 0)
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
}

/**
 * Peak memory of so many threads that each align `windows` windows, at the same time. Pages that several sessions map count
 * once, as a container counts them: the resident size of the process would count them once per session.
 */
async function workers(folder: string, threads: number, count: number, windows: number) {
  let peak = 0
  const sample = setInterval(() => {
    peak = Math.max(peak, proportionalMegabytes())
  }, 250)
  const running = Array.from({ length: count }, async () => {
    const worker = new Worker(new URL('./qwen3-worker.ts', import.meta.url), {
      workerData: { folder, threads, shareWeights: count > 1, windows },
    })
    await once(worker, 'message')
    await worker.terminate()
  })
  await Promise.all(running)
  clearInterval(sample)
  return { peakMegabytes: Math.round(peak) }
}

/** Linux only; elsewhere the resident size. */
function proportionalMegabytes(): number {
  try {
    const kilobytes = /^Pss:\s+(\d+)/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1]
    return Number(kilobytes) / 1024
  } catch {
    return process.memoryUsage().rss / 1024 / 1024
  }
}

const [task, ...args] = process.argv.slice(2)
const [folder, ...rest] = args as [string, ...string[]]
const tasks: Record<string, () => Promise<unknown>> = {
  convert: () => convert(folder, rest[0]!, rest[1] as Dtype),
  align: () => align(folder, Number(rest[0]), Number(rest[1])),
  workers: () => workers(folder, Number(rest[0]), Number(rest[1]), Number(rest[2])),
}
if (task) console.log(JSON.stringify(await tasks[task]!()))
