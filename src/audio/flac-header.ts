import { crc8 } from './crc.ts'
import { tagAt, viewOf } from './iff.ts'

/** What a FLAC file says of all its frames: RFC 9639, 8.2. `total` is 0 where it is not known. */
export type StreamInfo = {
  minBlock: number
  maxBlock: number
  sampleRate: number
  channels: number
  bits: number
  /** Samples per channel. */
  total: number
}

/** A frame by its header. `number` counts samples where blocks vary, frames else; rate and bits are 0 where the file says them. */
export type FrameHeader = {
  variable: boolean
  number: number
  /** Samples per channel. */
  block: number
  sampleRate: number
  channels: number
  bits: number
}

const INFO_BYTES = 34
const RATES = [0, 88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000]
const BITS = [0, 8, 12, -1, 16, 20, 24, 32]

/** The block of stream information at `start`, past its own header; undefined where the bytes end before it does. */
export function streamInfoAt(bytes: Uint8Array, start: number): StreamInfo | undefined {
  if (start + INFO_BYTES > bytes.length) return undefined
  const view = viewOf(bytes)
  const packed = view.getUint32(start + 10)
  return {
    minBlock: view.getUint16(start),
    maxBlock: view.getUint16(start + 2),
    sampleRate: packed >>> 12,
    channels: ((packed >>> 9) & 7) + 1,
    bits: (((packed & 0x1f0) >>> 4) & 31) + 1,
    total: (bytes[start + 13]! & 15) * 2 ** 32 + view.getUint32(start + 14),
  }
}

/** Where the frames of a FLAC file begin: past the blocks of metadata, as far as these are whole. */
export function afterMetadata(bytes: Uint8Array): number {
  if (tagAt(bytes, 0) !== 'fLaC') return 0
  let offset = 4
  for (let last = false; !last && offset + 4 <= bytes.length; ) {
    last = (bytes[offset]! & 0x80) !== 0
    // A block that would start as a frame does is none: the length before it was wrong.
    if (bytes[offset] === 0xff) return offset
    offset += 4 + (viewOf(bytes).getUint32(offset) & 0xffffff)
  }
  return Math.min(offset, bytes.length)
}

/** The header at `offset`, where there is one whose checksum holds: RFC 9639, 9.1. */
export function frameHeaderAt(bytes: Uint8Array, offset: number): FrameHeader | undefined {
  if (bytes[offset] !== 0xff || (bytes[offset + 1]! & 0xfe) !== 0xf8) return undefined
  const [third, fourth] = [bytes[offset + 2]!, bytes[offset + 3]!]
  const assignment = fourth >> 4
  const bits = BITS[(fourth >> 1) & 7]!
  if (third >> 4 === 0 || (third & 15) === 15 || assignment > 10 || bits < 0 || fourth & 1) return undefined
  const coded = codedNumberAt(bytes, offset + 4)
  if (!coded) return undefined
  const sizes = sizesOf(bytes, coded.end, third)
  if (sizes.end >= bytes.length || crc8(bytes, offset, sizes.end) !== bytes[sizes.end]) return undefined
  return {
    variable: (bytes[offset + 1]! & 1) === 1,
    number: coded.number,
    block: sizes.block,
    sampleRate: sizes.sampleRate,
    channels: assignment < 8 ? assignment + 1 : 2,
    bits,
  }
}

/** A number coded as UTF-8 codes characters, of up to 36 bits. */
function codedNumberAt(bytes: Uint8Array, offset: number): { number: number; end: number } | undefined {
  const first = bytes[offset]
  if (first === undefined || first === 0xff) return undefined
  const length = Math.clz32(~(first << 24))
  if (length === 0) return { number: first, end: offset + 1 }
  if (length === 1) return undefined
  let number = first & (0x7f >> length)
  for (let i = 1; i < length; i++) {
    const byte = bytes[offset + i]
    if (byte === undefined || byte >> 6 !== 2) return undefined
    number = number * 64 + (byte & 63)
  }
  return { number, end: offset + length }
}

function sizesOf(bytes: Uint8Array, offset: number, third: number) {
  const [blockCode, rateCode] = [third >> 4, third & 15]
  const word = (at: number) => bytes[at]! * 256 + bytes[at + 1]!
  let end = offset
  let block = blockCode === 1 ? 192 : blockCode < 6 ? 144 * 2 ** blockCode : 2 ** blockCode
  if (blockCode === 6) block = bytes[end]! + 1
  if (blockCode === 7) block = word(end) + 1
  end += blockCode === 6 ? 1 : blockCode === 7 ? 2 : 0
  let sampleRate = RATES[rateCode] ?? 0
  if (rateCode === 12) sampleRate = bytes[end]! * 1000
  if (rateCode === 13) sampleRate = word(end)
  if (rateCode === 14) sampleRate = word(end) * 10
  end += rateCode === 12 ? 1 : rateCode > 12 ? 2 : 0
  return { block, sampleRate, end }
}
