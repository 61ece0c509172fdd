import { alignerOptions } from '../../aligner/from-config.ts'
import type { Config } from '../../config/load.ts'
import { faultOf, TEST_LYRICS, TEST_SECONDS, testSignal } from '../../engine/test-signal.ts'
import { type Aligner, createAligner } from '../../index.ts'
import { type Finding, fail, messageOf, ok } from './check.ts'

/** Loads the model (which checks its hashes and runs it) and aligns a made sound from beginning to end. */
export async function checkModel(config: Config): Promise<Finding[]> {
  const started = performance.now()
  const where = config.modelPath ?? 'embedded'
  try {
    await using aligner = await createAligner({ ...alignerOptions(config), cacheDir: '' })
    const { name, version, engine } = aligner.status().model
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    const loaded = ok(
      'model',
      `${name} ${version} (${engine}, ${where}): files whole, loaded in ${seconds} s`,
    )
    return [loaded, await checkAlignment(aligner)]
  } catch (error) {
    const mend =
      config.modelPath === undefined
        ? 'Install the package again: its own model is damaged or missing.'
        : 'Correct SOW_QWEN3_MODEL_PATH, or unset it to use the embedded model.'
    return [fail('model', messageOf(error), mend)]
  }
}

async function checkAlignment(aligner: Aligner): Promise<Finding> {
  const started = performance.now()
  try {
    const fault = faultOf(await aligner.align(testSignal(), TEST_LYRICS))
    if (fault) throw new Error(fault)
    const ms = Math.round(performance.now() - started)
    return ok('self-test', `${TEST_SECONDS} s of sound aligned in ${ms} ms`)
  } catch (error) {
    return fail('self-test', messageOf(error), 'Please report this with everything that is printed here.')
  }
}
