import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { QWEN3_MANIFEST } from '../disk/inspect-model.ts'
import { AlignError } from '../errors.ts'
import type { Int8Levels } from './convert/int8-levels.ts'
import type { Dtype } from './convert/linear.ts'
import { isElementType } from './convert/safetensors.ts'
import { checkShape, type ModelShape, shown } from './shape.ts'
import { readSmallText } from './small-text.ts'

/** Raised whenever the graphs or files change, so that older conversions are made anew. */
export const CONVERTER_VERSION = 2

/** What a converted folder says of itself; written last. */
export type Manifest = {
  format: 'sow-qwen3'
  converter: number
  dtype: Dtype
  /** Range of the weights in int8. */
  levels?: Int8Levels
  /** SHA-256 over the weights and the files beside them. */
  source: string
  shape: ModelShape
  /** Time slots of the head. */
  classes: number
  /** Milliseconds of one time slot. */
  slotMilliseconds: number
  /** Element type of embeddings.bin. */
  embeddings: 'BF16' | 'F16' | 'F32'
  /** Every file beside this one and its size, bytes. */
  files: Record<string, number>
}

/**
 * Reads the manifest of a converted folder and checks that its files are whole.
 * @throws AlignError MODEL_INVALID
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const manifest = await parseManifest(folder)
  if (manifest?.format !== 'sow-qwen3' || manifest.converter !== CONVERTER_VERSION) {
    const got = `${shown(manifest?.format)} ${shown(manifest?.converter)}`
    throw invalid(`Expected a model of converter version ${CONVERTER_VERSION}, got ${got}: convert it again`)
  }
  checkNumbers(manifest)
  for (const [name, bytes] of Object.entries(manifest.files)) {
    const found = await stat(join(folder, name)).catch(() => undefined)
    if (found?.size !== bytes) {
      const size = found ? `${found.size} bytes` : 'no such file'
      throw new AlignError('MODEL_INVALID', `Expected ${name} of ${bytes} bytes in ${folder}, got ${size}`)
    }
  }
  return manifest
}

// Time slots, and milliseconds of one.
const MOST = 1_000_000

/** What memory is taken by. */
function checkNumbers({ shape, classes, slotMilliseconds, embeddings, files }: Manifest): void {
  checkShape(shape, QWEN3_MANIFEST)
  for (const [name, value] of Object.entries({ classes, slotMilliseconds })) {
    if (typeof value === 'number' && value > 0 && value <= MOST) continue
    throw invalid(`${QWEN3_MANIFEST}: Expected ${name} above 0, at most ${MOST}, got ${shown(value)}`)
  }
  if (!Number.isInteger(classes))
    throw invalid(`${QWEN3_MANIFEST}: Expected classes as a whole number, got ${classes}`)
  if (!isElementType(embeddings))
    throw invalid(`${QWEN3_MANIFEST}: Expected embeddings as BF16, F16 or F32, got ${shown(embeddings)}`)
  if (typeof files !== 'object' || files === null)
    throw invalid(`${QWEN3_MANIFEST}: Expected files as an object, got ${shown(files)}`)
}

function invalid(message: string): AlignError {
  return new AlignError('MODEL_INVALID', message)
}

/** Null is as good JSON as any. */
async function parseManifest(folder: string): Promise<Manifest | null> {
  const path = join(folder, QWEN3_MANIFEST)
  try {
    return JSON.parse(await readSmallText(path)) as Manifest | null
  } catch (cause) {
    throw new AlignError('MODEL_INVALID', `Expected a converted model, ${path} cannot be read`, { cause })
  }
}
