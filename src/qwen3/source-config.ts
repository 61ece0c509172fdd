import { join } from 'node:path'
import { AlignError } from '../errors.ts'
import type { MarkerTokens } from './prompt.ts'
import { type ModelShape, readShape, shown } from './shape.ts'
import { readSmallText } from './small-text.ts'

/** What the configuration beside the weights says. */
export type SourceConfig = {
  shape: ModelShape
  /** Milliseconds of one time slot. */
  slotMilliseconds: number
  /** Ids of the marker tokens, as far as they are given. */
  markers: Partial<MarkerTokens>
}

/**
 * Reads config.json, and processor_config.json of the newer layout.
 * @throws AlignError MODEL_INVALID
 */
export async function readSourceConfig(folder: string): Promise<SourceConfig> {
  const config = await readJson(join(folder, 'config.json'))
  const shape = readShape(config)
  const root = config as Record<string, unknown>
  const nested = (root.thinker_config ?? root) as Record<string, unknown>
  const token = (name: keyof MarkerTokens, id: unknown) => markerOf(name, id, shape)
  return {
    shape,
    slotMilliseconds: root.timestamp_segment_time
      ? positive(root.timestamp_segment_time)
      : await slotOfProcessor(folder),
    markers: {
      ...token('audioStart', nested.audio_start_token_id),
      ...token('audio', nested.audio_token_id),
      ...token('audioEnd', nested.audio_end_token_id),
      ...token('timestamp', root.timestamp_token_id ?? nested.timestamp_token_id),
    },
  }
}

/** Its row of the embeddings is read when a text is aligned: there must be one. */
function markerOf(name: keyof MarkerTokens, id: unknown, { decoder }: ModelShape): Partial<MarkerTokens> {
  if (id === undefined || id === null) return {}
  if (Number.isSafeInteger(id) && 0 <= (id as number) && (id as number) < decoder.vocabulary)
    return { [name]: id as number }
  throw new AlignError(
    'MODEL_INVALID',
    `config.json: Expected the id of the token ${name} from 0 to below vocab_size, ${decoder.vocabulary}, got ${shown(id)}`,
  )
}

const LONGEST_SLOT = 60_000 // milliseconds; published models have 80

async function slotOfProcessor(folder: string): Promise<number> {
  const processor = (await readJson(join(folder, 'processor_config.json'))) as Record<string, unknown>
  return positive(processor.timestamp_segment_time)
}

function positive(value: unknown): number {
  if (typeof value === 'number' && value > 0 && value <= LONGEST_SLOT) return value
  throw new AlignError(
    'MODEL_INVALID',
    `Expected timestamp_segment_time in milliseconds, at most ${LONGEST_SLOT}, in config.json or processor_config.json, got ${shown(value)}`,
  )
}

async function readJson(path: string): Promise<unknown> {
  try {
    const value: unknown = JSON.parse(await readSmallText(path))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AlignError('MODEL_INVALID', `${path} cannot be read: ${reason}`, { cause })
  }
  throw new AlignError('MODEL_INVALID', `Expected a JSON object in ${path}`)
}
