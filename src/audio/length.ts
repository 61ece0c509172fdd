import { aiffLayout } from './aiff.ts'
import { tagAt, viewOf } from './iff.ts'
import { mp4Seconds } from './mp4.ts'
import { mpegSeconds } from './mpeg-frames.ts'
import { pcmSeconds } from './pcm.ts'
import { type AudioFormat, sniff } from './sniff.ts'
import { wavSeconds } from './wav.ts'

/** Tags at the end of a stream, and what else may stand between frames, bytes. */
const MAX_JUNK = 256 * 1024

const LENGTHS: Record<AudioFormat, (bytes: Uint8Array, most: number) => number | undefined> = {
  wav: (bytes, most) => wavSeconds(bytes, most, MAX_JUNK),
  aiff: (bytes) => pcmSeconds(aiffLayout(bytes)),
  mp3: (bytes, most) => mpegSeconds(bytes, most, MAX_JUNK),
  aac: (bytes, most) => mpegSeconds(bytes, most, MAX_JUNK),
  flac: flacSeconds,
  vorbis: (bytes) => oggSeconds(bytes, viewOf(bytes).getUint32(FIRST_PACKET + 12, true)),
  // Whatever the input was, Opus counts at 48 kHz.
  opus: (bytes) => oggSeconds(bytes, 48_000),
  'ogg-flac': (bytes) => oggSeconds(bytes, flacRate(bytes, FIRST_PACKET + FLAC_MAPPING)),
  mp4: mp4Seconds,
}

/**
 * The length of a recording, seconds, as its container says it, without decoding; undefined where it says nothing. An
 * estimate: a header may lie, so what it is used for must bear that. Of longer ones it says at least `most`.
 */
export function lengthOf(bytes: Uint8Array, most: number): number | undefined {
  try {
    const found = sniff(bytes)
    const seconds = found && LENGTHS[found.format](bytes.subarray(found.start), most)
    return seconds !== undefined && seconds > 0 && Number.isFinite(seconds) ? seconds : undefined
  } catch {
    return undefined // cut short or damaged: the decoder will say so
  }
}

// The block of stream information follows "fLaC" and its own header: RFC 9639, 8.2.
const FLAC_INFO = 8
// In Ogg the first packet has nine bytes before that "fLaC".
const FLAC_MAPPING = 9
// Of a page with one packet of at most 254 bytes, as the first one is.
const FIRST_PACKET = 28

function flacRate(bytes: Uint8Array, start: number): number {
  return viewOf(bytes).getUint32(start + FLAC_INFO + 10) >>> 12
}

function flacSeconds(bytes: Uint8Array): number {
  const view = viewOf(bytes)
  const samples = (view.getUint8(FLAC_INFO + 13) & 15) * 2 ** 32 + view.getUint32(FLAC_INFO + 14)
  return samples / flacRate(bytes, 0)
}

const PAGE_HEADER = 27
// A page has at most 255 parts of 255 bytes after its header and table.
const LARGEST_PAGE = PAGE_HEADER + 255 + 255 * 255

/** The last page says how many samples have passed; those before the first sound (Opus) are a few milliseconds. */
function oggSeconds(bytes: Uint8Array, rate: number): number | undefined {
  const earliest = Math.max(0, bytes.length - 2 * LARGEST_PAGE)
  for (let offset = bytes.length - PAGE_HEADER; offset >= earliest; offset--) {
    if (bytes[offset] !== 0x4f || tagAt(bytes, offset) !== 'OggS') continue
    const samples = viewOf(bytes).getBigInt64(offset + 6, true)
    if (samples >= 0n) return Number(samples) / rate // -1: no packet ends on this page
  }
  return undefined
}
