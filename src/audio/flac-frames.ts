import { AlignError } from '../errors.ts'
import { crc16Next } from './crc.ts'
import { type FrameHeader, frameHeaderAt } from './flac-header.ts'
import { tagAt } from './iff.ts'

/** A frame that is whole: its bytes are those from `start` to `end`. */
export type FlacFrame = FrameHeader & { start: number; end: number }

/** An hour at 192 kHz in blocks of 1024 has as many; what has more headers is made to have them. */
const MAX_HEADERS = 1_000_000

/** An ID3v1 tag behind the last frame. */
const ID3V1 = 128

/**
 * The whole frames of a FLAC stream, in the order of the file: those that start with a header whose checksum holds, and
 * end, where the next one starts or the file ends, with the checksum of all of their bytes. What is between them is damaged.
 *
 * A frame says nothing of its length. So the checksum of everything before is kept for each header that is found: for two
 * of them, whether the bytes between give 0 is then one comparison (see {@link normalised}). Cost: O(bytes).
 */
export function wholeFrames(bytes: Uint8Array, from: number): FlacFrame[] {
  const candidates: { at: number; key: number; header: FrameHeader | undefined }[] = []
  const ends = new Set([bytes.length])
  if (tagAt(bytes, bytes.length - ID3V1).startsWith('TAG')) ends.add(bytes.length - ID3V1)
  let crc = 0
  let shift = 1
  for (let at = from; at <= bytes.length; at++) {
    const header = bytes[at] === 0xff ? frameHeaderAt(bytes, at) : undefined
    if (header || ends.has(at)) candidates.push({ at, key: normalised(crc, shift), header })
    if (candidates.length > MAX_HEADERS) {
      throw new AlignError('AUDIO_UNREADABLE', `Expected at most ${MAX_HEADERS} FLAC frames, got more`)
    }
    if (at < bytes.length) crc = crc16Next(crc, bytes[at]!)
    shift = timesInverse(shift)
  }
  return chain(candidates)
}

/** Goes from each header to the next one with its key: where there is none, the frame is damaged. */
function chain(candidates: { at: number; key: number; header: FrameHeader | undefined }[]): FlacFrame[] {
  const nextOf = new Int32Array(candidates.length).fill(-1)
  const latest = new Map<number, number>()
  for (let i = candidates.length - 1; i >= 0; i--) {
    const { key } = candidates[i]!
    nextOf[i] = latest.get(key) ?? -1
    latest.set(key, i)
  }
  const frames: FlacFrame[] = []
  for (let i = 0; i < candidates.length; ) {
    const { at, header } = candidates[i]!
    const next = nextOf[i]!
    const isWhole = header && next >= 0 && candidates[next]!.at - at <= longestOf(header)
    if (isWhole) frames.push({ ...header, start: at, end: candidates[next]!.at })
    i = isWhole ? next : i + 1
  }
  return frames
}

/** Bytes of a frame that is stored as it is, with room for its headers; no encoder makes a longer one. */
function longestOf({ block, channels, bits }: FrameHeader): number {
  return 64 + channels * (16 + Math.ceil((block * ((bits || 32) + 1)) / 8))
}

// The checksum of the bytes a to b, C, and those of all bytes before a and before b, A and B, are polynomials over GF(2)
// modulo P, and B = A * x^(8 (b - a)) + C. So C is 0 just where B * x^(-8 b) = A * x^(-8 a).
const POLYNOMIAL = 0x18005

/** `crc` * `shift` modulo P, where `shift` is x to minus 8 times the number of bytes so far. */
function normalised(crc: number, shift: number): number {
  let product = 0
  for (let bit = 15; bit >= 0; bit--) {
    product <<= 1
    if (product & 0x10000) product ^= POLYNOMIAL
    if ((crc >> bit) & 1) product ^= shift
  }
  return product
}

/** Divides by x eight times. */
function timesInverse(shift: number): number {
  let result = shift
  for (let i = 0; i < 8; i++) result = result & 1 ? (result ^ POLYNOMIAL) >> 1 : result >> 1
  return result
}
