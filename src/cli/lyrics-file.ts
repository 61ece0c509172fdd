import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { AlignError } from '../index.ts'

/** Encodings in which lyrics are met in the wild, apart from Unicode. */
const LIKELY = ['gb18030', 'big5', 'shift_jis', 'euc-kr', 'windows-1251', 'windows-1252'] as const
const PREVIEW_CHARACTERS = 24

/**
 * Reads lyrics from a file, or from stdin where the path is `-`.
 * @param encoding a label of the WHATWG Encoding Standard (big5, gb18030, utf-16le, ...); UTF-8, or UTF-16 with a byte
 *   order mark, where it is not given
 * @throws AlignError LYRICS_UNREADABLE
 */
export async function readLyrics(path: string, encoding?: string): Promise<string> {
  const bytes = path === '-' ? await buffer(process.stdin) : await readFileOrExplain(path)
  return decodeLyrics(bytes, encoding)
}

/** @throws AlignError LYRICS_UNREADABLE, with what the text would be in the encodings that are likely */
export function decodeLyrics(bytes: Uint8Array, encoding = encodingOf(bytes)): string {
  const text = decode(bytes, encoding)
  if (text !== undefined) return text
  if (bytes.includes(0)) {
    throw new AlignError(
      'LYRICS_UNREADABLE',
      'Expected a text as LYRICS, got binary data: AUDIO comes first, LYRICS second',
    )
  }
  const guesses = LIKELY.map((label) => ({ label, preview: previewOf(decode(bytes, label)) }))
  const readable = guesses.filter(({ preview }) => preview !== '')
  const list = readable.map(({ label, preview }) => `\n  --encoding ${label.padEnd(13)} ${preview}`)
  throw new AlignError(
    'LYRICS_UNREADABLE',
    `Expected lyrics in ${encoding}, got bytes that are not. Give the encoding that makes sense of them:${list.join('')}`,
  )
}

async function readFileOrExplain(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AlignError('LYRICS_UNREADABLE', `Expected a readable file of lyrics: ${reason}`, { cause })
  }
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return 'utf-8'
}

/** Undefined where the bytes are not text in this encoding. */
function decode(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch (error) {
    if (error instanceof RangeError) {
      throw new AlignError(
        'LYRICS_UNREADABLE',
        `Expected --encoding to be one of the Encoding Standard (utf-8, utf-16le, ${LIKELY.join(', ')}, ...), got ${JSON.stringify(encoding)}`,
      )
    }
    return undefined
  }
}

/** The start of the first line that holds something. */
function previewOf(text: string | undefined): string {
  const line = text?.split(/[\r\n]+/).find((each) => /\p{L}/u.test(each)) ?? ''
  return [...line.trim()].slice(0, PREVIEW_CHARACTERS).join('')
}
