import '../config/telemetry.ts'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { AlignError } from '../errors.ts'
import type { AcousticInfo } from '../types.ts'
import { identityOf } from './identity.ts'
import { describeModel, type ModelDescription } from './manifest.ts'

/** What the model heard in one window. `logProbs` is row-major [frames, vocabulary]. */
export type WindowOutput = { logProbs: Float32Array; frames: number; voice?: Float32Array }

/** A loaded CTC acoustic model. */
export type CtcModel = {
  description: ModelDescription
  info: AcousticInfo
  /** Runs one window of mono audio at `description.sampleRate`. Blocks the thread while it runs. */
  run(samples: Float32Array, language: string): Promise<WindowOutput>
  release(): Promise<void>
}

/**
 * Loads a model folder (see {@link describeModel}), checks its hashes and runs it once.
 * @param threads threads inside one run
 * @throws AlignError MODEL_INVALID with the reason
 */
export async function loadCtcModel(folder: string, { threads = 1 } = {}): Promise<CtcModel> {
  const description = describeModel(folder)
  checkHashes(folder, description.sha256)
  const session = await openSession(description.graph, threads)
  const takesLanguage = checkEnds(session, description)

  async function run(samples: Float32Array, language: string): Promise<WindowOutput> {
    const audio = description.normalizeInput ? standardize(samples) : samples
    const feeds: Record<string, ort.Tensor> = {
      [description.input]: new ort.Tensor('float32', audio, [1, audio.length]),
    }
    if (takesLanguage) feeds.language = languageTensor(description.languages, language)
    return outputOf(await session.run(feeds), description)
  }

  const info = {
    identity: await identityOf(folder, description),
    languages: takesLanguage ? description.languages : [],
  }
  const model: CtcModel = { description, info, run, release: () => session.release() }
  await warmUp(model)
  return model
}

function checkHashes(folder: string, expected: Record<string, string>): void {
  for (const [name, hash] of Object.entries(expected)) {
    const file = join(folder, name)
    const found = createHash('sha256').update(readOrFail(file)).digest('hex')
    if (found !== hash)
      throw invalid(
        `Expected sha256 ${hash} of ${file}, got ${found}: the file is damaged or not the one meant`,
      )
  }
}

function readOrFail(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw invalid(`Expected a readable file ${file}: ${messageOf(cause)}`, cause)
  }
}

async function openSession(graph: string, threads: number): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(graph, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    })
  } catch (cause) {
    throw invalid(`ONNX Runtime cannot load ${graph}: ${messageOf(cause)}`, cause)
  }
}

/** Whether the graph takes a language. */
function checkEnds(session: ort.InferenceSession, { input, output, graph }: ModelDescription): boolean {
  if (!session.inputNames.includes(input)) {
    throw invalid(`Expected an input "${input}" in ${graph}, got ${session.inputNames.join(', ')}`)
  }
  if (!session.outputNames.includes(output)) {
    throw invalid(`Expected an output "${output}" in ${graph}, got ${session.outputNames.join(', ')}`)
  }
  return session.inputNames.includes('language')
}

function languageTensor(languages: readonly string[], language: string): ort.Tensor {
  const index = Math.max(0, languages.indexOf(language))
  return new ort.Tensor('int64', BigInt64Array.of(BigInt(index)), [1])
}

function outputOf(results: ort.InferenceSession.ReturnType, description: ModelDescription): WindowOutput {
  const { dims, data } = results[description.output]!
  const [, frames, size] = dims
  if (frames === undefined || size !== description.vocabulary.length) {
    throw invalid(
      `Expected an output [1, frames, ${description.vocabulary.length}], got [${dims.join(', ')}]`,
    )
  }
  const logProbs = data as Float32Array
  if (description.outputIsLogits) logSoftmaxRows(logProbs, size)
  const voice = results.voice?.data as Float32Array | undefined
  return { logProbs, frames, ...(voice && { voice }) }
}

/** In place; each row of `size` values becomes log-probabilities. */
function logSoftmaxRows(values: Float32Array, size: number): void {
  for (let row = 0; row < values.length; row += size) {
    let max = Number.NEGATIVE_INFINITY
    for (let i = row; i < row + size; i++) max = Math.max(max, values[i]!)
    let sum = 0
    for (let i = row; i < row + size; i++) sum += Math.exp(values[i]! - max)
    const norm = max + Math.log(sum)
    for (let i = row; i < row + size; i++) values[i]! -= norm
  }
}

/** Zero mean and unit variance, as Wav2Vec2FeatureExtractor. */
function standardize(samples: Float32Array): Float32Array {
  let sum = 0
  let squares = 0
  for (const sample of samples) {
    sum += sample
    squares += sample * sample
  }
  const mean = sum / samples.length
  const scale = 1 / Math.sqrt(squares / samples.length - mean * mean + 1e-7)
  return samples.map((sample) => (sample - mean) * scale)
}

/** One run of one second: what cannot run must not say it is ready. */
async function warmUp({ run, description }: CtcModel): Promise<void> {
  const { frames, logProbs } = await run(new Float32Array(description.sampleRate), '')
  const expected = 1 / description.hopSeconds
  if (Math.abs(frames - expected) > 2 || !logProbs.every(Number.isFinite)) {
    throw invalid(
      `Expected about ${expected} frames of finite numbers for one second of silence, got ${frames}`,
    )
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

function invalid(message: string, cause?: unknown): AlignError {
  return new AlignError('MODEL_INVALID', message, { cause })
}
