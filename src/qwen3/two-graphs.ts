import { join } from 'node:path'
import { requireInt8Levels } from './convert/int8-levels.ts'
import type { Manifest } from './converted.ts'
import { type Embeddings, openEmbeddings } from './embeddings.ts'
import type { LogMel } from './mel.ts'
import type { Checkpoint, Heard, Qwen3Model } from './model.ts'
import type { Prompt } from './prompt.ts'
import { openSession, type Session, type SessionOptions, type Values } from './session.ts'
import { audioTokens, type ModelShape } from './shape.ts'
import type { SlotLogits } from './timestamps.ts'

/** Tokens the decoder takes at once: half the memory of whole prompts, and points at which it can be cancelled. */
const PREFILL = 512
/** In a prompt the audio stands behind one start token. */
const AUDIO_START = 1
/** Windows of 8 s the encoder takes at once. */
const WINDOWS_AT_ONCE = 2

/** Loads a converted folder. */
export async function openTwoGraphs(
  folder: string,
  manifest: Manifest,
  { threads, shareWeights }: SessionOptions,
): Promise<Qwen3Model> {
  const { shape, dtype, levels } = manifest
  await requireInt8Levels(levels)
  // 4-bit products need rearranged weights: without them each run widens a copy to float32
  const options = { threads, shareWeights: shareWeights && dtype !== 'int4' }
  const encoder = await openSession(join(folder, 'encoder.onnx'), options)
  const decoder = await openSession(join(folder, 'decoder.onnx'), options)
  const table = join(folder, 'embeddings.bin')
  const embeddings = await openEmbeddings(table, shape.decoder.width, manifest.embeddings)
  return {
    encode: (mel, between) => encode(encoder, shape, mel, between),
    decode: (prompt, audio, between) => decode(decoder, manifest, embeddings, prompt, audio, between),
    close: async () => {
      await encoder.close()
      await decoder.close()
      await embeddings.close()
    },
  }
}

async function encode(session: Session, shape: ModelShape, mel: LogMel, between: Checkpoint): Promise<Heard> {
  const tokens = audioTokens(mel.frames, shape)
  const values = new Float32Array(tokens * shape.encoder.output)
  let frame = 0
  let token = 0
  while (frame < mel.frames) {
    between(frame / mel.frames)
    const full = Math.floor((mel.frames - frame) / shape.windowFrames)
    const windows = Math.min(full, WINDOWS_AT_ONCE) || 1
    const frames = Math.min(mel.frames - frame, windows * shape.windowFrames)
    const count = audioTokens(frames, shape)
    const features = chunksOf(mel, frame, frames, shape.chunkFrames)
    const { embeddings } = await session.run({
      features: tensor(features.values, [features.chunks, 1, mel.bins, shape.chunkFrames]),
      tokens: tensor(BigInt64Array.of(BigInt(count)), [1]),
      windows: tensor(BigInt64Array.of(BigInt(windows)), [1]),
    })
    values.set(floats(embeddings), token * shape.encoder.output)
    frame += frames
    token += count
  }
  return { values, tokens }
}

/** [chunks, bins, frames of a chunk], the last chunk padded with zeros. */
function chunksOf(
  { values, bins, frames: all }: LogMel,
  from: number,
  frames: number,
  chunkFrames: number,
): { values: Float32Array; chunks: number } {
  const chunks = Math.ceil(frames / chunkFrames)
  const result = new Float32Array(chunks * bins * chunkFrames)
  for (let chunk = 0; chunk < chunks; chunk++) {
    const start = from + chunk * chunkFrames
    const end = Math.min(start + chunkFrames, from + frames)
    for (let bin = 0; bin < bins; bin++) {
      result.set(values.subarray(bin * all + start, bin * all + end), (chunk * bins + bin) * chunkFrames)
    }
  }
  return { values: result, chunks }
}

type KeyValues = Readonly<Record<string, Values>>

async function decode(
  session: Session,
  { shape, classes }: Manifest,
  embeddings: Embeddings,
  { ids, slots }: Prompt,
  audio: Heard,
  between: Checkpoint,
): Promise<SlotLogits> {
  const rotary = rotaryTables(ids.length, shape)
  const values = new Float32Array(slots.length * classes)
  const textStart = AUDIO_START + audio.tokens
  let past = audio.opening?.past ?? emptyPast(shape)
  let filled = 0
  // a chunk ends where the audio does, kept or not: the same products give the same bits
  const starts = [...chunkStarts(0, textStart), ...chunkStarts(textStart, ids.length)]
  for (const [i, start] of starts.entries()) {
    const end = starts[i + 1] ?? ids.length
    if (end <= textStart && audio.opening) continue
    between(start / ids.length)
    const wanted = slots.filter((slot) => slot >= start && slot < end).map((slot) => BigInt(slot - start))
    const rows = await promptRows(embeddings, ids, audio, start, end, shape.decoder.width)
    const outputs = await session.run({
      embeddings: tensor(rows, [1, end - start, shape.decoder.width]),
      ...past,
      ...rotary,
      last: tensor(Int32Array.of(end - 1), [1]),
      total: tensor(Int32Array.of(end), [1]),
      // the graph wants one at least: of a chunk without slots it is left aside
      slots: tensor(BigInt64Array.from(wanted.length > 0 ? wanted : [0n]), [wanted.length || 1]),
    })
    if (wanted.length > 0) values.set(floats(outputs.logits), filled * classes)
    filled += wanted.length
    past = presentAsPast(outputs)
    if (end === textStart) audio.opening = { past, bytes: bytesOf(past) }
  }
  return { values, slots: slots.length, classes }
}

function chunkStarts(from: number, to: number): number[] {
  return Array.from({ length: Math.ceil((to - from) / PREFILL) }, (_, i) => from + i * PREFILL)
}

function bytesOf(values: KeyValues): number {
  return Object.values(values).reduce((sum, { data }) => sum + data.byteLength, 0)
}

/** Embeddings of the prompt's tokens [start, end): audio where audio stands, else rows of the table. */
async function promptRows(
  embeddings: Embeddings,
  ids: readonly number[],
  audio: Heard,
  start: number,
  end: number,
  width: number,
): Promise<Float32Array> {
  const rows = new Float32Array((end - start) * width)
  const audioEnd = AUDIO_START + audio.tokens
  const from = Math.max(start, AUDIO_START)
  const to = Math.min(end, audioEnd)
  if (from < to) {
    rows.set(
      audio.values.subarray((from - AUDIO_START) * width, (to - AUDIO_START) * width),
      (from - start) * width,
    )
  }
  if (start < AUDIO_START) await embeddings.lookUp(ids.slice(start, Math.min(end, AUDIO_START)), rows, 0)
  const text = Math.max(start, audioEnd)
  if (text < end) await embeddings.lookUp(ids.slice(text, end), rows, text - start)
  return rows
}

/** Angles as the reference computes them, in float32. */
function rotaryTables(positions: number, { decoder }: ModelShape): Record<'cosines' | 'sines', Values> {
  const half = decoder.headWidth / 2
  const cosines = new Float32Array(positions * half)
  const sines = new Float32Array(positions * half)
  for (let i = 0; i < half; i++) {
    const frequency = Math.fround(1 / Math.fround(decoder.ropeTheta ** (i / half)))
    for (let p = 0; p < positions; p++) {
      const angle = Math.fround(p * frequency)
      cosines[p * half + i] = Math.cos(angle)
      sines[p * half + i] = Math.sin(angle)
    }
  }
  return {
    cosines: tensor(cosines, [positions, half]),
    sines: tensor(sines, [positions, half]),
  }
}

function emptyPast({ decoder }: ModelShape): KeyValues {
  const past: Record<string, Values> = {}
  for (let layer = 0; layer < decoder.layers; layer++) {
    for (const part of ['key', 'value']) {
      const dims = [1, decoder.kvHeads, 0, decoder.headWidth]
      past[`past.${layer}.${part}`] = tensor(new Float32Array(0), dims)
    }
  }
  return past
}

function presentAsPast(outputs: Record<string, Values>): KeyValues {
  const past: Record<string, Values> = {}
  for (const [name, values] of Object.entries(outputs)) {
    if (name.startsWith('present.')) past[name.replace('present', 'past')] = values
  }
  return past
}

function tensor(data: Values['data'], dims: readonly number[]): Values {
  return { data, dims }
}

/** Of an output, which are all float32. */
function floats(values: Values | undefined): Float32Array {
  if (values?.data instanceof Float32Array) return values.data
  throw new TypeError('Expected the graph to have this output')
}
