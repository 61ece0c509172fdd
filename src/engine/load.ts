import { loadDecoders } from '../audio/decoders.ts'
import { type CtcModel, loadCtcModel } from '../ctc/model.ts'
import { inspectModel } from '../disk/inspect-model.ts'
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
 * @param onProgress told the share that is done of a conversion, [0, 1]
 * @throws AlignError MODEL_INVALID, MODEL_NOT_READY, CONFIG_INVALID or CACHE_UNWRITABLE with the reason
 */
export async function loadEngine(
  setup: WorkerSetup,
  onProgress: (fraction: number) => void = () => {},
): Promise<Engine> {
  const { modelPath, embeddedPath, threads, cacheDir, dtype, shareWeights } = setup
  await loadDecoders()
  if (modelPath === undefined || !inspectModel(modelPath).kind.startsWith('qwen3')) {
    const acoustic = await loadCtcModel(modelPath ?? embeddedPath, { threads })
    const { name, version } = acoustic.description
    return { acoustic, model: { name, version, engine: 'ctc' }, warnings: [] }
  }
  const refiner = await loadQwen3(modelPath, { threads, dtype, cacheDir, shareWeights, onProgress })
  const acoustic = await loadCtcModel(embeddedPath, { threads })
  return { acoustic, refiner, decode: setup.decode, model: refiner.model, warnings: refiner.warnings }
}
