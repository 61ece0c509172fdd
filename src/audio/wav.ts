import { AlignError } from '../errors.ts'
import { type Chunk, chunksOf, tagAt, viewOf } from './iff.ts'
import type { PcmChunk } from './pcm.ts'
import { decodePcm, type PcmLayout } from './pcm.ts'

const INTEGER = 0x0001
const FLOAT = 0x0003
const EXTENSIBLE = 0xfffe
const NAMES: Record<number, string> = {
  2: 'Microsoft ADPCM',
  6: 'A-law',
  7: 'mu-law',
  17: 'IMA ADPCM',
  49: 'GSM 6.10',
  85: 'MP3',
}

/** Decodes WAV (also RF64 and WAVE_FORMAT_EXTENSIBLE) holding whole-number or float samples. */
export function decodeWav(bytes: Uint8Array): AsyncGenerator<PcmChunk> {
  return decodePcm(bytes, wavLayout(bytes))
}

/** How the samples lie in a WAV file. @throws AlignError AUDIO_UNREADABLE */
export function wavLayout(bytes: Uint8Array): PcmLayout {
  let format: Chunk | undefined
  for (const chunk of chunksOf(bytes, true)) {
    if (chunk.id === 'fmt ') format = chunk
    if (chunk.id === 'data') return layoutOf(bytes, format, chunk)
  }
  throw new AlignError('AUDIO_UNREADABLE', 'Expected a WAV file with a data chunk, got one without')
}

function layoutOf(bytes: Uint8Array, format: Chunk | undefined, data: Chunk): PcmLayout {
  if (!format || format.end - format.start < 16) {
    throw new AlignError(
      'AUDIO_UNREADABLE',
      'Expected a WAV file with a format chunk before its data, got none',
    )
  }
  const view = viewOf(bytes)
  const channels = view.getUint16(format.start + 2, true)
  const sampleRate = view.getUint32(format.start + 4, true)
  // The block holds one sample of every channel: 20-bit samples are stored in 24 bits.
  const bits = (view.getUint16(format.start + 12, true) * 8) / channels
  const float = encodingOf(bytes, format) === FLOAT
  const end = dataEnd(bytes, data)
  return { channels, sampleRate, bits, float, littleEndian: true, signedBytes: false, start: data.start, end }
}

function encodingOf(bytes: Uint8Array, format: Chunk): number {
  const view = viewOf(bytes)
  const tag = view.getUint16(format.start, true)
  const extended = tag === EXTENSIBLE && format.end - format.start >= 26
  const encoding = extended ? view.getUint16(format.start + 24, true) : tag
  if (encoding !== INTEGER && encoding !== FLOAT) {
    const name = NAMES[encoding] ?? `format 0x${encoding.toString(16)}`
    throw new AlignError('AUDIO_UNREADABLE', `Expected a WAV file with PCM or float samples, got ${name}`)
  }
  return encoding
}

/** Writers to a pipe leave the sizes empty, and RF64 keeps them elsewhere: the samples then go on to the end. */
function dataEnd(bytes: Uint8Array, data: Chunk): number {
  const piped = data.size === 0 && [0, 0xffffffff].includes(viewOf(bytes).getUint32(4, true))
  return piped || tagAt(bytes, 0) === 'RF64' ? bytes.length : data.end
}
