import { AlignError } from '../errors.ts'
import { viewOf } from './iff.ts'
import { decodeMp3 } from './mp3.ts'
import { mpegSeconds } from './mpeg-frames.ts'
import { decodePcm, type PcmChunk, type PcmLayout, pcmSeconds } from './pcm.ts'
import { type WavParts, wavPartsOf } from './wav-parts.ts'

const INTEGER = 0x0001
const FLOAT = 0x0003
const MPEG = 0x0050
const MP3 = 0x0055
const EXTENSIBLE = 0xfffe
const NAMES: Record<number, string> = {
  2: 'Microsoft ADPCM',
  6: 'A-law',
  7: 'mu-law',
  17: 'IMA ADPCM',
  49: 'GSM 6.10',
}

/** Decodes WAV (RIFF, RF64, BW64, Wave64) holding whole-number or float samples, or MP3. */
export async function* decodeWav(bytes: Uint8Array): AsyncGenerator<PcmChunk> {
  const parts = wavPartsOf(bytes)
  if (isMpeg(encodingOf(bytes, parts))) yield* decodeMp3(bytes.subarray(parts.start, parts.end))
  else yield* decodePcm(bytes, layoutOf(bytes, parts))
}

/** How long a WAV file is, seconds, as its parts tell; of MP3 at most `most` is counted. */
export function wavSeconds(bytes: Uint8Array, most: number, maxJunk: number): number | undefined {
  const parts = wavPartsOf(bytes)
  return isMpeg(encodingOf(bytes, parts))
    ? mpegSeconds(bytes.subarray(parts.start, parts.end), most, maxJunk)
    : pcmSeconds(layoutOf(bytes, parts))
}

/** How the samples lie in a WAV file. @throws AlignError AUDIO_UNREADABLE */
export function wavLayout(bytes: Uint8Array): PcmLayout {
  return layoutOf(bytes, wavPartsOf(bytes))
}

function layoutOf(bytes: Uint8Array, parts: WavParts): PcmLayout {
  const encoding = encodingOf(bytes, parts)
  if (encoding !== INTEGER && encoding !== FLOAT) {
    const name = NAMES[encoding] ?? `format 0x${encoding.toString(16)}`
    throw new AlignError('AUDIO_UNREADABLE', `Expected a WAV file with PCM, float or MP3, got ${name}`)
  }
  const { format, start, end, told } = parts
  const view = viewOf(bytes)
  const channels = view.getUint16(format.start + 2, true)
  const sampleRate = view.getUint32(format.start + 4, true)
  // The block holds one sample of every channel: 20-bit samples are stored in 24 bits.
  const bits = (view.getUint16(format.start + 12, true) * 8) / channels
  const float = encoding === FLOAT
  return { channels, sampleRate, bits, float, littleEndian: true, signedBytes: false, start, end, told }
}

function encodingOf(bytes: Uint8Array, { format }: WavParts): number {
  const view = viewOf(bytes)
  const tag = view.getUint16(format.start, true)
  const extended = tag === EXTENSIBLE && format.end - format.start >= 26
  return extended ? view.getUint16(format.start + 24, true) : tag
}

function isMpeg(encoding: number): boolean {
  return encoding === MPEG || encoding === MP3
}
