import { alignerOptions } from '../../aligner-options.ts'
import type { Config } from '../../config.ts'
import { type Aligner, createAligner } from '../../index.ts'
import { type Finding, fail, messageOf, ok } from './check.ts'

const SAMPLE_RATE = 16_000
const SECONDS = 3
const LYRICS = 'one two three\n\nfour five'

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
    const { lines, duration } = await aligner.align(chirp(), LYRICS)
    const rising = lines.every(({ start, end }, i) => start >= (lines[i - 1]?.start ?? 0) && end <= duration)
    if (lines.length !== 3 || !rising)
      throw new Error(`expected 3 lines in order, got ${JSON.stringify(lines)}`)
    const ms = Math.round(performance.now() - started)
    return ok('self-test', `${SECONDS} s of sound aligned in ${ms} ms`)
  } catch (error) {
    return fail('self-test', messageOf(error), 'Please report this with everything that is printed here.')
  }
}

/** A WAV file of a rising tone that comes and goes. */
function chirp(): Uint8Array {
  const samples = SAMPLE_RATE * SECONDS
  const file = Buffer.alloc(44 + samples * 2)
  file.write('RIFF', 0)
  file.writeUInt32LE(36 + samples * 2, 4)
  file.write('WAVEfmt ', 8)
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20) // PCM
  file.writeUInt16LE(1, 22) // one channel
  file.writeUInt32LE(SAMPLE_RATE, 24)
  file.writeUInt32LE(SAMPLE_RATE * 2, 28)
  file.writeUInt16LE(2, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36)
  file.writeUInt32LE(samples * 2, 40)
  for (let i = 0; i < samples; i++) {
    const seconds = i / SAMPLE_RATE
    const tone = Math.sin(2 * Math.PI * (200 + 100 * seconds) * seconds) * Math.sin(Math.PI * seconds) ** 2
    file.writeInt16LE(Math.round(tone * 12_000), 44 + i * 2)
  }
  return file
}
