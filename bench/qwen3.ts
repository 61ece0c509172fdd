/**
 * Measures the Qwen3 engine at full size on a song of four minutes and 400 units, cut into windows of 30 s: conversion,
 * loading, speed and memory per dtype, beside the matrix products of the same size and, where it is installed, the
 * Hugging Face implementation. Without a snapshot the weights are random: the figures say nothing of accuracy.
 *
 *   npm run bench:qwen3 -- [--quick] [--keep FOLDER] [--snapshot FOLDER] [--threads 2] [--dtypes float32,int8,int4]
 *                          [--python venv/bin/python]
 *
 * --quick takes a quarter of the song, --keep a folder of measurements and models with which a run that was stopped
 * goes on. Prints one table.
 */
import { execFile } from 'node:child_process'
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { FULL_SIZE, writeFakeCheckpoint } from '../scripts/fake-checkpoint.ts'
import type { Aligned, Converted } from './qwen3-song.ts'
import { type Figures, type Pytorch, printTable } from './qwen3-table.ts'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    keep: { type: 'string' },
    snapshot: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    dtypes: { type: 'string', default: 'float32,int8,int4' },
    python: { type: 'string', default: 'python3' },
  },
})
const windows = options.quick ? 2 : 8
/** In each worker: enough to fill what it keeps of the audio. */
const windowsOfWorker = options.quick ? 1 : 3
const workerCounts = [1, 2, 4]

const run = promisify(execFile)
const runtime = process.versions.bun ? `Bun ${process.versions.bun}` : `Node ${process.version}`
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

const home = options.keep ? resolve(options.keep) : await mkdtemp(join(tmpdir(), 'bench-qwen3-'))
await mkdir(home, { recursive: true })
const records = join(home, 'measured.json')
const measured = JSON.parse(await readFile(records, 'utf8').catch(() => '{}')) as Record<string, unknown>

/** Once per run: what is in the kept folder is not measured again. */
async function once<T>(name: string, measure: () => Promise<T>): Promise<T> {
  const key = `${name}, ${windows} windows, ${options.threads} threads, ${runtime}`
  if (!(key in measured)) {
    console.error(`measuring ${name}`)
    measured[key] = await measure()
    await writeFile(records, JSON.stringify(measured, undefined, 2))
  }
  return measured[key] as T
}

/** Each measurement in a fresh process of this runtime. */
async function inChild<T>(...args: (string | number)[]): Promise<T> {
  const { stdout } = await run(process.execPath, [here('./qwen3-run.ts'), ...args.map(String)])
  return JSON.parse(stdout) as T
}

async function measureDtype(dtype: string, snapshot: string): Promise<Figures> {
  const folder = join(home, dtype)
  const there = await access(folder).then(
    () => true,
    () => false,
  )
  const converted = await once(`${dtype} conversion`, async () => {
    await rm(folder, { recursive: true, force: true })
    return inChild<Converted>('convert', snapshot, folder, dtype)
  })
  // measured earlier, and the model removed since; nothing is done where it is there
  if (!there) await inChild('convert', snapshot, folder, dtype)
  const aligned = await once(`${dtype} song`, () =>
    inChild<Aligned>('align', folder, options.threads, windows),
  )
  const workers: Figures['workers'] = {}
  for (const count of workerCounts) {
    const threads = Math.max(1, Math.floor(Number(options.threads) / count))
    const { peakMegabytes } = await once(`${dtype} with ${count} workers`, () =>
      inChild<Converted>('workers', folder, threads, count, windowsOfWorker),
    )
    workers[count] = peakMegabytes
  }
  if (!options.keep) await rm(folder, { recursive: true })
  return { dtype, converted, aligned, workers }
}

/** Undefined where it is not installed. */
async function measurePytorch(tokens: number): Promise<Pytorch | undefined> {
  const config = join(home, 'config.json')
  await writeFile(config, JSON.stringify(FULL_SIZE))
  const args = [here('./qwen3-torch.py'), config, options.threads, tokens, windows].map(String)
  try {
    return await once('PyTorch', async () => {
      const { stdout } = await run(options.python, args)
      return JSON.parse(stdout.trim().split('\n').at(-1)!) as Pytorch
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error)
    console.error(`PyTorch is not measured: it takes torch and a transformers with qwen3_asr (${reason})`)
    return undefined
  }
}

try {
  const snapshot = options.snapshot ?? join(home, 'snapshot')
  if (!options.snapshot) await writeFakeCheckpoint(snapshot, FULL_SIZE)
  const figures: Figures[] = []
  for (const dtype of options.dtypes.split(',')) figures.push(await measureDtype(dtype, snapshot))
  const pytorch = await measurePytorch(figures[0]!.aligned.tokens)
  console.log(`${cpus()[0]?.model.trim()}, ${options.threads} threads, ${runtime}`)
  console.log(options.snapshot ?? 'random weights: nothing here speaks of accuracy')
  printTable(figures, windows, workerCounts, pytorch)
} finally {
  if (!options.keep) await rm(home, { recursive: true })
}
