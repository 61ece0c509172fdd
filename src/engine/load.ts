import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadDecoders } from '../audio/decoders.ts'
import { type CtcModel, loadCtcModel } from '../ctc/model.ts'
import { AlignError } from '../errors.ts'
import { MANIFEST_FILE } from '../qwen3/converted.ts'
import { loadQwen3, type Qwen3Engine } from '../qwen3/engine.ts'
import type { Loaded, WorkerSetup } from './tasks.ts'

/** The loaded models of one thread. The acoustic model always hears the whole song; `refiner` sharpens what it found. */
export type Engine = Omit<Loaded, 'acoustic'> & {
  acoustic: CtcModel
  refiner?: Qwen3Engine
  decode?: WorkerSetup['decode']
}

/**
 * Loads what MODEL_PATH holds: a CTC model, or Qwen3-ForcedAligner with the embedded CTC model for its anchors.
 * The decoders of recordings are loaded first.
 * @throws AlignError MODEL_INVALID, MODEL_NOT_READY, CONFIG_INVALID or CACHE_UNWRITABLE with the reason
 */
export async function loadEngine(setup: WorkerSetup): Promise<Engine> {
  const { modelPath, embeddedPath, threads, cacheDir, dtype, shareWeights, loading } = setup
  await loadDecoders()
  if (modelPath === undefined || !isQwen3(modelPath)) {
    const acoustic = await loadCtcModel(modelPath ?? embeddedPath, { threads })
    const { name, version } = acoustic.description
    return { acoustic, model: { name, version, engine: 'ctc' }, warnings: [] }
  }
  const progress = new Int32Array(loading)
  const onProgress = (fraction: number) => Atomics.store(progress, 0, Math.round(fraction * 1000))
  const refiner = await loadQwen3(modelPath, { threads, dtype, cacheDir, shareWeights, onProgress })
  const acoustic = await loadCtcModel(embeddedPath, { threads })
  return { acoustic, refiner, decode: setup.decode, model: refiner.model, warnings: refiner.warnings }
}

/** Whether a folder is meant for the Qwen3 engine, working or not; anything else is read as a CTC model. */
function isQwen3(folder: string): boolean {
  if (!existsSync(folder))
    throw new AlignError('MODEL_INVALID', `Expected a model folder at ${folder}, found nothing there`)
  const names = readdirSync(folder)
  if (names.includes('manifest.json')) return false
  if (names.includes(MANIFEST_FILE) || names.includes('snapshots')) return true
  if (names.some((name) => name.includes('.safetensors'))) return true
  return names.includes('config.json') && /qwen3/i.test(readFileSync(join(folder, 'config.json'), 'utf8'))
}
