/** One measurement of bench/qwen3.ts in a process of its own; prints JSON. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { Dtype } from '../src/qwen3/convert/linear.ts'
import { readManifest } from '../src/qwen3/converted.ts'
import { logMel, SAMPLE_RATE } from '../src/qwen3/mel.ts'
import { convertQwen3 } from '../src/qwen3/prepare.ts'
import { buildPrompt } from '../src/qwen3/prompt.ts'
import { loadTokenizer } from '../src/qwen3/tokenizer.ts'
import { openTwoGraphs } from '../src/qwen3/two-graphs.ts'
import { openGemm } from './qwen3-gemm.ts'

/** A song of windows of 30 s, as refine() cuts it. */
const WINDOW_SECONDS = 30
/** 400 units in four minutes. */
const UNITS = 50

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

async function convert(snapshot: string, folder: string, dtype: Dtype) {
  const start = performance.now()
  await convertQwen3(snapshot, folder, { dtype })
  return { seconds: (performance.now() - start) / 1000, peakMegabytes: peakMegabytes() }
}

async function align(folder: string, threads: number, count: number) {
  const gemm = await openGemm(threads)
  const before = performance.now()
  const manifest = await readManifest(folder)
  const model = await openTwoGraphs(folder, manifest, { threads, shareWeights: false })
  const { encode, markers } = await loadTokenizer(folder)
  const loadSeconds = (performance.now() - before) / 1000
  const gemms: number[] = []
  const encoding: number[] = []
  const decoding: number[] = []
  const cpu: number[] = []
  let tokens = 0
  // the first window warms up
  for (let i = -1; i < count; i++) {
    gemms.push(await gemm.gigaflops())
    const mel = logMel(windowAudio(i + 1), manifest.shape.melBins)
    const cpuBefore = cpuSeconds()
    let start = performance.now()
    const heard = await model.encode(mel, () => {})
    if (i >= 0) encoding.push((performance.now() - start) / 1000)
    const prompt = buildPrompt(heard.tokens, new Array(UNITS).fill('ab'), markers, encode)
    tokens = prompt.ids.length
    start = performance.now()
    const { values } = await model.decode(prompt, heard, () => {})
    if (i >= 0) decoding.push((performance.now() - start) / 1000)
    if (i >= 0) cpu.push(cpuSeconds() - cpuBefore)
    if (!values.every(Number.isFinite)) throw new Error('The model answered with NaN')
  }
  await model.close()
  await gemm.close()
  return {
    loadSeconds,
    encodeSeconds: median(encoding),
    decodeSeconds: median(decoding),
    cpuSeconds: median(cpu),
    gemmGigaflops: median(gemms),
    tokens,
    peakMegabytes: peakMegabytes(),
  }
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
}

/**
 * Peak memory of so many threads that each align one window, at the same time. Pages that several sessions map count
 * once, as a container counts them: the resident size of the process would count them once per session.
 */
async function workers(folder: string, threads: number, count: number) {
  let peak = 0
  const sample = setInterval(() => {
    peak = Math.max(peak, proportionalMegabytes())
  }, 250)
  const running = Array.from({ length: count }, async () => {
    const worker = new Worker(new URL('./qwen3-worker.ts', import.meta.url), {
      workerData: { folder, threads, shareWeights: count > 1 },
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
  workers: () => workers(folder, Number(rest[0]), Number(rest[1])),
}
if (task) console.log(JSON.stringify(await tasks[task]!()))
