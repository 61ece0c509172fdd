import { copyFile, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { QWEN3_MANIFEST } from '../../disk/inspect-model.ts'
import { AlignError } from '../../errors.ts'
import { CONVERTER_VERSION, type Manifest } from '../converted.ts'
import { readSourceConfig } from '../source-config.ts'
import { decoderGraph } from './decoder-graph.ts'
import { encoderGraph } from './encoder-graph.ts'
import type { GraphBuilder } from './graph.ts'
import type { Int8Levels } from './int8-levels.ts'
import { openWeights, type Weights } from './layout.ts'
import type { Dtype } from './linear.ts'
import { linearsOf } from './quantized-linear.ts'
import { layOutWeights, writeGraph, writeSynced } from './write-model.ts'

export type ConvertOptions = {
  dtype: Dtype
  /** Range of int8 weights; without effect on the other dtypes. */
  levels: Int8Levels
  /** Hash of the snapshot, kept in the manifest. */
  source: string
  /** Told the finished share, [0, 1]. */
  onProgress?: (fraction: number) => void
}

/** Files a tokeniser is made from; those that are there are copied. */
export const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'vocab.json',
  'merges.txt',
] as const

const PART = 8 * 1024 * 1024
const EMBEDDINGS = 'embeddings.bin'
const EMBED_TENSOR = 'text.embed_tokens.weight'

type Plan = { weights: Weights; graphs: Record<'encoder' | 'decoder', GraphBuilder>; bytes: number }

/**
 * Writes ONNX graphs, embeddings and tokeniser of a snapshot into an empty folder; the manifest comes last.
 * @throws AlignError MODEL_INVALID where the snapshot is no whole Qwen3-ForcedAligner, CACHE_UNWRITABLE where the disk is too full
 */
export async function convertInto(snapshot: string, folder: string, options: ConvertOptions): Promise<void> {
  const { dtype, levels, source, onProgress = () => {} } = options
  const { shape, slotMilliseconds } = await readSourceConfig(snapshot)
  const weights = await openWeights(snapshot, shape)
  try {
    const plan = planGraphs(weights, shape, dtype, levels)
    await requireSpace(folder, plan.bytes)
    let done = 0
    const onWritten = (bytes: number) => {
      done += bytes
      onProgress(Math.min(1, done / plan.bytes))
    }
    await writeGraph(plan.graphs.encoder, folder, 'encoder', onWritten)
    await writeGraph(plan.graphs.decoder, folder, 'decoder', onWritten)
    await writeEmbeddings(weights, join(folder, EMBEDDINGS), onWritten)
    const manifest: Omit<Manifest, 'files'> = {
      format: 'sow-qwen3',
      converter: CONVERTER_VERSION,
      dtype,
      ...(dtype === 'int8' && { levels }),
      source,
      shape,
      classes: weights.classes,
      slotMilliseconds,
      embeddings: weights.entry(EMBED_TENSOR).dtype,
    }
    await writeManifest(folder, manifest, await copyTokenizer(snapshot, folder))
    onProgress(1)
  } finally {
    await weights.close()
  }
}

function planGraphs(weights: Weights, shape: Manifest['shape'], dtype: Dtype, levels: Int8Levels): Plan {
  const linears = linearsOf(dtype, weights, levels)
  const encoder = encoderGraph(shape, weights, linears)
  const decoder = decoderGraph(shape, weights, linears)
  const bytes =
    layOutWeights(encoder).bytes + layOutWeights(decoder).bytes + weights.entry(EMBED_TENSOR).bytes
  return { weights, graphs: { encoder, decoder }, bytes }
}

const SPARE = 64 * 1024 * 1024

/**
 * @param bytes that are about to be written into `folder`
 * @throws AlignError CACHE_UNWRITABLE where they do not fit
 */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free >= bytes + SPARE) return
  throw new AlignError(
    'CACHE_UNWRITABLE',
    `Expected ${gigabytes(bytes + SPARE)} GB free for the converted model, got ${gigabytes(free)} GB at ${folder}`,
  )
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(2)
}

/** As stored, row by row: rows are looked up by position when a text is aligned. */
async function writeEmbeddings(
  weights: Weights,
  path: string,
  onWritten: (bytes: number) => void,
): Promise<void> {
  await writeSynced(path, async (handle) => {
    for await (const part of weights.readRaw(EMBED_TENSOR, PART)) {
      await handle.write(part)
      onWritten(part.byteLength)
    }
  })
}

async function copyTokenizer(snapshot: string, folder: string): Promise<string[]> {
  const copied: string[] = []
  for (const name of TOKENIZER_FILES) {
    const found = await stat(join(snapshot, name)).catch(() => undefined)
    if (!found) continue
    await copyFile(join(snapshot, name), join(folder, name))
    copied.push(name)
  }
  if (copied.includes('tokenizer.json')) return copied
  if (copied.includes('vocab.json') && copied.includes('merges.txt')) return copied
  throw new AlignError(
    'MODEL_INVALID',
    `Expected tokenizer.json, or vocab.json and merges.txt, in ${snapshot}, got ${copied.join(', ') || 'none of them'}`,
  )
}

async function writeManifest(
  folder: string,
  manifest: Omit<Manifest, 'files'>,
  tokenizer: readonly string[],
): Promise<void> {
  const names = ['encoder.onnx', 'encoder.data', 'decoder.onnx', 'decoder.data', EMBEDDINGS, ...tokenizer]
  const files: Record<string, number> = {}
  for (const name of names) files[name] = (await stat(join(folder, name))).size
  await writeSynced(join(folder, QWEN3_MANIFEST), (handle) =>
    writeFile(handle, `${JSON.stringify({ ...manifest, files }, undefined, 2)}\n`),
  )
}
