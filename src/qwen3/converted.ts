import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { QWEN3_MANIFEST } from '../disk/inspect-model.ts'
import { AlignError } from '../errors.ts'
import type { Int8Levels } from './convert/int8-levels.ts'
import type { Dtype } from './convert/linear.ts'
import type { ModelShape } from './shape.ts'

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
  if (manifest.format !== 'sow-qwen3' || manifest.converter !== CONVERTER_VERSION) {
    throw new AlignError(
      'MODEL_INVALID',
      `Expected a model of converter version ${CONVERTER_VERSION}, got ${manifest.format} ${manifest.converter}: convert it again`,
    )
  }
  for (const [name, bytes] of Object.entries(manifest.files)) {
    const found = await stat(join(folder, name)).catch(() => undefined)
    if (found?.size !== bytes) {
      const size = found ? `${found.size} bytes` : 'no such file'
      throw new AlignError('MODEL_INVALID', `Expected ${name} of ${bytes} bytes in ${folder}, got ${size}`)
    }
  }
  return manifest
}

async function parseManifest(folder: string): Promise<Manifest> {
  const path = join(folder, QWEN3_MANIFEST)
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Manifest
  } catch (cause) {
    throw new AlignError('MODEL_INVALID', `Expected a converted model, ${path} cannot be read`, { cause })
  }
}
