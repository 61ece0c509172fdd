import { createHash } from 'node:crypto'
import { access, constants, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import cacache from 'cacache'
import { AlignError } from '../errors.ts'
import type { Alignment, ModelInfo } from '../types.ts'

/** Finished results on disk, found by content: the same question gives the same bytes. */
export type ResultCache = {
  /** Undefined where there is none, or where it is damaged (it is then forgotten and made anew). */
  get(key: string): Promise<Alignment | undefined>
  /** @throws the file system's error (disk full, read-only) */
  put(key: string, alignment: Alignment): Promise<void>
}

/** Everything that a result depends on. */
export type Question = {
  bytes: Uint8Array
  lyrics: string
  language: string
  model: ModelInfo
  /** The option of the model that changes its answers. */
  decode: string | undefined
  version: string
}

/** SHA-256 over the audio bytes and all else that the result depends on. */
export function keyOf({ bytes, lyrics, language, model, decode, version }: Question): string {
  const audio = createHash('sha256').update(bytes).digest('hex')
  const question = JSON.stringify([audio, lyrics, language, model, decode ?? 'official', version])
  return createHash('sha256').update(question).digest('hex')
}

/**
 * Opens a folder for results; writes are atomic and contents are verified on reading (cacache).
 * @throws AlignError CACHE_UNWRITABLE
 */
export async function openResultCache(folder: string): Promise<ResultCache> {
  const place = join(folder, 'results')
  try {
    await mkdir(place, { recursive: true })
    await access(place, constants.W_OK)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AlignError('CACHE_UNWRITABLE', `Expected a folder that can be written at ${place}: ${reason}`, {
      cause,
    })
  }
  return {
    async get(key) {
      const entry = await cacache.get.info(place, key)
      if (!entry) return undefined
      try {
        return JSON.parse((await cacache.get(place, key)).data.toString('utf8'))
      } catch (error) {
        if (!isDamage(error)) throw error
        // The content too: it would not be written again while a file of its name is there.
        await cacache.rm.entry(place, key)
        await cacache.rm.content(place, entry.integrity)
        return undefined
      }
    },
    async put(key, alignment) {
      await cacache.put(place, key, JSON.stringify(alignment))
    },
  }
}

function isDamage(error: unknown): boolean {
  if (error instanceof SyntaxError) return true
  const code = (error as NodeJS.ErrnoException).code
  return code === 'EINTEGRITY' || code === 'ENOENT' || code === 'EBADSIZE'
}
