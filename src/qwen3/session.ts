import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { AlignError } from '../errors.ts'
import type { Manifest } from './converted.ts'
import { type Embeddings, openEmbeddings } from './embeddings.ts'
import type { LogMel } from './mel.ts'
import type { Prompt } from './prompt.ts'
import { audioTokens, type ModelShape } from './shape.ts'
import type { SlotLogits } from './timestamps.ts'

/** Called between pieces of work with the finished share, [0, 1]; throws to stop. */
export type Checkpoint = (fraction: number) => void

/** What was heard: embeddings, row-major [tokens, width]. */
export type Heard = { values: Float32Array; tokens: number }

/** The model in memory: what is heard, and when each slot of a prompt is. */
export type Qwen3Session = {
  encode(mel: LogMel, between: Checkpoint): Promise<Heard>
  /** Logits of the prompt's slots; its audio tokens are those of `audio`. */
  decode(prompt: Prompt, audio: Heard, between: Checkpoint): Promise<SlotLogits>
  close(): Promise<void>
}

/** Tokens the decoder takes at once: half the memory of whole prompts, and places to cancel. */
const PREFILL = 512
/** Windows of 8 s the encoder takes at once. */
const WINDOWS_AT_ONCE = 2

/**
 * Loads a converted folder.
 * @param threads inside each operator
 */
export async function openSession(
  folder: string,
  manifest: Manifest,
  threads: number,
): Promise<Qwen3Session> {
  const options: ort.InferenceSession.SessionOptions = {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
  }
  const create = (name: string) => createSession(join(folder, name), options)
  const encoder = await create('encoder.onnx')
  const decoder = await create('decoder.onnx')
  const { shape } = manifest
  const embeddings = await openEmbeddings(
    join(folder, 'embeddings.bin'),
    shape.decoder.width,
    manifest.embeddings,
  )
  return {
    encode: (mel, between) => encode(encoder, shape, mel, between),
    decode: (prompt, audio, between) => decode(decoder, manifest, embeddings, prompt, audio, between),
    close: async () => {
      await encoder.release()
      await decoder.release()
      await embeddings.close()
    },
  }
}

async function createSession(
  path: string,
  options: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(path, options)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AlignError('MODEL_INVALID', `${path} cannot be loaded: ${reason}`, { cause })
  }
}

async function encode(
  session: ort.InferenceSession,
  shape: ModelShape,
  mel: LogMel,
  between: Checkpoint,
): Promise<Heard> {
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
      features: new ort.Tensor('float32', features.values, [features.chunks, 1, mel.bins, shape.chunkFrames]),
      tokens: new ort.Tensor('int64', BigInt64Array.of(BigInt(count)), [1]),
      windows: new ort.Tensor('int64', BigInt64Array.of(BigInt(windows)), [1]),
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

type KeyValues = Record<string, ort.Tensor>

async function decode(
  session: ort.InferenceSession,
  { shape, classes }: Manifest,
  embeddings: Embeddings,
  { ids, slots }: Prompt,
  audio: Heard,
  between: Checkpoint,
): Promise<SlotLogits> {
  const rotary = rotaryTables(ids.length, shape)
  const values = new Float32Array(slots.length * classes)
  let past = emptyPast(shape)
  let filled = 0
  for (let start = 0; start < ids.length; start += PREFILL) {
    between(start / ids.length)
    const end = Math.min(ids.length, start + PREFILL)
    const wanted = slots.filter((slot) => slot >= start && slot < end).map((slot) => BigInt(slot - start))
    const rows = await promptRows(embeddings, ids, audio, start, end, shape.decoder.width)
    const outputs = await session.run({
      embeddings: new ort.Tensor('float32', rows, [1, end - start, shape.decoder.width]),
      ...past,
      ...rotary,
      last: new ort.Tensor('int32', Int32Array.of(end - 1), [1]),
      total: new ort.Tensor('int32', Int32Array.of(end), [1]),
      slots: new ort.Tensor('int64', BigInt64Array.from(wanted), [wanted.length]),
    })
    values.set(floats(outputs.logits), filled * classes)
    filled += wanted.length
    past = presentAsPast(outputs)
  }
  return { values, slots: slots.length, classes }
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
  // the audio stands behind one start token
  const [audioStart, audioEnd] = [1, 1 + audio.tokens]
  const from = Math.max(start, audioStart)
  const to = Math.min(end, audioEnd)
  if (from < to) {
    rows.set(
      audio.values.subarray((from - audioStart) * width, (to - audioStart) * width),
      (from - start) * width,
    )
  }
  if (start < audioStart) await embeddings.lookUp(ids.slice(start, Math.min(end, audioStart)), rows, 0)
  const text = Math.max(start, audioEnd)
  if (text < end) await embeddings.lookUp(ids.slice(text, end), rows, text - start)
  return rows
}

/** Angles as the reference computes them, in float32. */
function rotaryTables(positions: number, { decoder }: ModelShape): Record<'cosines' | 'sines', ort.Tensor> {
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
    cosines: new ort.Tensor('float32', cosines, [positions, half]),
    sines: new ort.Tensor('float32', sines, [positions, half]),
  }
}

function emptyPast({ decoder }: ModelShape): KeyValues {
  const past: KeyValues = {}
  for (let layer = 0; layer < decoder.layers; layer++) {
    for (const part of ['key', 'value']) {
      const dims = [1, decoder.kvHeads, 0, decoder.headWidth]
      past[`past.${layer}.${part}`] = new ort.Tensor('float32', new Float32Array(0), dims)
    }
  }
  return past
}

function presentAsPast(outputs: ort.InferenceSession.OnnxValueMapType): KeyValues {
  const past: KeyValues = {}
  for (const [name, value] of Object.entries(outputs)) {
    if (name.startsWith('present.')) past[name.replace('present', 'past')] = value as ort.Tensor
  }
  return past
}

function floats(value: ort.OnnxValue | undefined): Float32Array {
  if (value && 'data' in value && value.data instanceof Float32Array) return value.data
  throw new TypeError('Expected a float32 output of the model')
}
