import { readFile } from 'node:fs/promises'
import { AlignError, kindOf } from '../errors.ts'
import type { Lyrics } from './pair.ts'
import { lyricsInTags } from './tags.ts'

/**
 * The text of the lyrics of a song, as align takes it.
 * @throws AlignError LYRICS_UNREADABLE
 */
export async function textOf({ file, from }: Lyrics, encoding?: string): Promise<string> {
  if (from === 'file') return decode(await bytesOf(file), file, encoding)
  const text = await lyricsInTags(file)
  if (text === undefined)
    throw new AlignError('LYRICS_UNREADABLE', `Expected lyrics in the tags of ${file}, got none`)
  return text
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw new AlignError(
      'LYRICS_UNREADABLE',
      `Expected lyrics that can be read, got ${kindOf(cause)} for ${file}`,
      { cause },
    )
  }
}

function decode(bytes: Uint8Array, file: string, encoding = encodingOf(bytes)): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch (cause) {
    const message = `Expected lyrics in ${encoding}, got bytes that are not: ${file}`
    throw new AlignError('LYRICS_UNREADABLE', message, { cause })
  }
}

/** UTF-8, unless a byte order mark says UTF-16. */
function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8'
}
