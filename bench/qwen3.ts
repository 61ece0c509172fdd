/**
 * Measures the Qwen3 engine at full size: conversion, loading, speed and memory per dtype, beside the matrix products
 * of the same size and, where it is installed, the Hugging Face implementation. Without a snapshot the weights are
 * random: the figures say nothing of accuracy.
 *
 *   npm run bench:qwen3 -- [--snapshot FOLDER] [--threads 2] [--windows 8] [--dtypes float32,int8,int4]
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { FULL_SIZE, writeFakeCheckpoint } from '../scripts/fake-checkpoint.ts'

const { values: options } = parseArgs({
  options: {
    snapshot: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    windows: { type: 'string', default: '8' },
    dtypes: { type: 'string', default: 'float32,int8,int4' },
  },
})
const run = promisify(execFile)
const runtime = process.versions.bun ? `Bun ${process.versions.bun}` : `Node ${process.version}`
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

type Aligned = {
  loadSeconds: number
  encodeSeconds: number
  decodeSeconds: number
  cpuSeconds: number
  gemmGigaflops: number
  tokens: number
  peakMegabytes: number
}
type Converted = { seconds: number; peakMegabytes: number }

/** Each measurement in a fresh process of this runtime. */
async function measure<T>(...args: (string | number)[]): Promise<T> {
  const { stdout } = await run(process.execPath, [here('./qwen3-run.ts'), ...args.map(String)])
  return JSON.parse(stdout) as T
}

const WINDOW_SECONDS = 30
// multiplications and additions of 30 s: convolutions and layers of the encoder, layers of the decoder per token
const ENCODER_GIGAFLOP = WINDOW_SECONDS * (4.2 + 7.9 + 0.3)
const DECODER_GIGAFLOP_PER_TOKEN = 0.88

const home = await mkdtemp(join(tmpdir(), 'bench-qwen3-'))
try {
  const snapshot = options.snapshot ?? join(home, 'snapshot')
  if (!options.snapshot) await writeFakeCheckpoint(snapshot, FULL_SIZE)
  console.log(`${cpus()[0]?.model}, ${options.threads} threads, ${runtime}; windows of 30 s and 50 units`)
  console.log(options.snapshot ? snapshot : 'random weights: nothing here speaks of accuracy')
  let tokens = 0
  for (const dtype of options.dtypes.split(',')) tokens = await measureDtype(dtype, snapshot)
  await comparePytorch(tokens)
} finally {
  await rm(home, { recursive: true })
}

async function measureDtype(dtype: string, snapshot: string): Promise<number> {
  const folder = join(home, dtype)
  const converted = await measure<Converted>('convert', snapshot, folder, dtype)
  console.log(`\n${dtype}`)
  console.log(`  convert   ${converted.seconds.toFixed(1)} s, peak ${converted.peakMegabytes} MB`)
  const aligned = await measure<Aligned>('align', folder, options.threads, options.windows)
  const { encodeSeconds, decodeSeconds, gemmGigaflops, tokens } = aligned
  const again = (encodeSeconds + decodeSeconds) / decodeSeconds
  const products = (ENCODER_GIGAFLOP + tokens * DECODER_GIGAFLOP_PER_TOKEN) / gemmGigaflops
  console.log(`  load      ${aligned.loadSeconds.toFixed(1)} s`)
  console.log(`  encoder   ${rate(encodeSeconds)}`)
  console.log(`  decoder   ${rate(decodeSeconds)} (${tokens} tokens)`)
  console.log(`  both      ${aligned.cpuSeconds.toFixed(1)} CPU seconds per window`)
  console.log(`  other lyrics to the same audio: ${again.toFixed(2)}x faster`)
  console.log(
    `  float32 products of the same size: ${products.toFixed(2)} s at ${gemmGigaflops.toFixed(0)} GFLOP/s; the model takes ${((encodeSeconds + decodeSeconds) / products).toFixed(2)} of it`,
  )
  console.log(`  memory    ${aligned.peakMegabytes} MB`)
  for (const count of [1, 2, 4]) {
    const threads = Math.max(1, Math.floor(Number(options.threads) / count))
    const { peakMegabytes } = await measure<Converted>('workers', folder, threads, count)
    console.log(`  ${count} worker${count > 1 ? 's' : ' '}  ${peakMegabytes} MB`)
  }
  await rm(folder, { recursive: true })
  return tokens
}

function rate(seconds: number): string {
  return `${seconds.toFixed(2)} s per window, real-time factor ${(seconds / WINDOW_SECONDS).toFixed(3)}`
}

async function comparePytorch(tokens: number): Promise<void> {
  const config = join(home, 'config.json')
  await writeFile(config, JSON.stringify(FULL_SIZE))
  try {
    const args = [here('./qwen3-torch.py'), config, options.threads, String(tokens), '3']
    const { stdout } = await run('python3', args)
    const { encodeSeconds, alignSeconds, cpuSeconds } = JSON.parse(stdout.trim().split('\n').at(-1)!)
    console.log(
      `\nHugging Face PyTorch, float32\n  encoder   ${rate(encodeSeconds)}\n  all       ${rate(alignSeconds)}, ${cpuSeconds.toFixed(1)} CPU seconds`,
    )
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error)
    console.log(
      `\nPyTorch was not measured: python3 with torch and a transformers that knows qwen3_asr (${reason})`,
    )
  }
}
