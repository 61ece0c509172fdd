import { AlignError } from '../errors.ts'
import { type Chunk, chunksOf, tagAt, viewOf } from './iff.ts'
import type { PcmChunk } from './pcm.ts'
import { decodePcm, type PcmLayout } from './pcm.ts'

type Encoding = Pick<PcmLayout, 'float' | 'littleEndian'> & { bits?: number }

/** The kinds of AIFC that hold plain samples, by their four characters. */
const ENCODINGS: Record<string, Encoding> = {
  NONE: { float: false, littleEndian: false },
  twos: { float: false, littleEndian: false },
  sowt: { float: false, littleEndian: true },
  in24: { float: false, littleEndian: false, bits: 24 },
  in32: { float: false, littleEndian: false, bits: 32 },
  fl32: { float: true, littleEndian: false, bits: 32 },
  FL32: { float: true, littleEndian: false, bits: 32 },
  fl64: { float: true, littleEndian: false, bits: 64 },
  FL64: { float: true, littleEndian: false, bits: 64 },
}

/** Decodes AIFF and AIFC holding plain samples: the same as in WAV, in another wrapper. */
export function decodeAiff(bytes: Uint8Array): AsyncGenerator<PcmChunk> {
  return decodePcm(bytes, aiffLayout(bytes))
}

/** How the samples lie in an AIFF or AIFC file. @throws AlignError AUDIO_UNREADABLE */
export function aiffLayout(bytes: Uint8Array): PcmLayout {
  const chunks = [...chunksOf(bytes)]
  const common = chunks.find((chunk) => chunk.id === 'COMM')
  const sound = chunks.find((chunk) => chunk.id === 'SSND')
  if (!common || common.end - common.start < 18 || !sound || sound.end - sound.start < 8) {
    throw new AlignError(
      'AUDIO_UNREADABLE',
      'Expected an AIFF file with COMM and SSND chunks, got one without',
    )
  }
  return layoutOf(bytes, common, sound)
}

function layoutOf(bytes: Uint8Array, common: Chunk, sound: Chunk): PcmLayout {
  const view = viewOf(bytes)
  const { float, littleEndian, bits } = encodingOf(bytes, common)
  const sampleBits = Math.ceil(view.getUint16(common.start + 6) / 8) * 8
  return {
    channels: view.getUint16(common.start),
    sampleRate: extendedAt(view, common.start + 8),
    bits: bits ?? sampleBits,
    float,
    littleEndian,
    signedBytes: true,
    start: sound.start + 8 + view.getUint32(sound.start),
    end: sound.end,
    told: toldEnd(view, sound),
  }
}

/** Where the sound ends: behind the file, where that was cut short and both of its sizes say so. */
function toldEnd(view: DataView, { start, end, size }: Chunk): number {
  const whole = 8 + view.getUint32(4)
  return start + size > end && whole >= start + size ? start + size : end
}

function encodingOf(bytes: Uint8Array, common: Chunk): Encoding {
  if (tagAt(bytes, 8) === 'AIFF') return ENCODINGS.NONE!
  const kind = tagAt(bytes, common.start + 18)
  const encoding = ENCODINGS[kind]
  if (encoding) return encoding
  const known = Object.keys(ENCODINGS).join(', ')
  throw new AlignError(
    'AUDIO_UNREADABLE',
    `Expected an AIFC file of kind ${known}, got ${JSON.stringify(kind)}`,
  )
}

/** An 80-bit extended float, as AIFF keeps its sample rate; NaN where it is negative, infinite or no number. */
function extendedAt(view: DataView, offset: number): number {
  const packed = view.getUint16(offset)
  if (packed >= 0x7fff) return Number.NaN
  const exponent = packed - 16_383
  return Math.round(view.getUint32(offset + 2) * 2 ** (exponent - 31))
}
