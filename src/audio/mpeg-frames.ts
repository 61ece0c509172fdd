/** Finds the first frame of an MPEG stream: MP3 (also layers I and II), or AAC in ADTS. */

/** A frame by its header. `fingerprint` is what a stream does not change: version, layer or profile, and sample rate. */
export type MpegFrame = {
  kind: 'mp3' | 'aac'
  /** Bytes, the header among them. */
  length: number
  /** Samples per channel, and their rate, Hz. */
  samples: number
  hertz: number
  fingerprint: number
  /** Of MP3: its layer, 1 to 3, whether its version is MPEG-1, and whether it has one channel. */
  layer: number
  mpeg1: boolean
  mono: boolean
}

/** Frames in a row that make a stream of what could be chance. */
const IN_A_ROW = 3

/** Headers that are counted one by one: nearly nine minutes of 44.1 kHz MP3. */
const MAX_HEADERS = 20_000

/** Bit rates, kbit/s, by version and layer, index 1 to 14. */
const RATES_V1_L1 = [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448]
const RATES_V1_L2 = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384]
const RATES_V1_L3 = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const RATES_V2_L1 = [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256]
const RATES_V2_L23 = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
const SAMPLE_RATES = [44_100, 48_000, 32_000]
const AAC_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
]

/** Where a stream starts at or after `from`, looking no further than `within` bytes. */
export function findMpegStream(
  bytes: Uint8Array,
  from: number,
  within: number,
): { kind: 'mp3' | 'aac'; start: number } | undefined {
  const past = Math.min(bytes.length - 4, from + within)
  for (let start = from; start < past; start++) {
    const frame = mpegFrameAt(bytes, start)
    if (frame && goesOn(bytes, start, frame)) return { kind: frame.kind, start }
  }
  return undefined
}

/**
 * What the frames of a stream last together, seconds; tags and junk between them are passed over. At most `most` seconds
 * and MAX_HEADERS frames are counted, so that it takes a few milliseconds at most: where there are more, the rest is taken
 * to be as dense. Undefined where there is more junk than `within` bytes.
 */
export function mpegSeconds(bytes: Uint8Array, most: number, within: number): number | undefined {
  let seconds = 0
  let junk = 0
  let headers = 0
  let offset = 0
  while (offset + 4 <= bytes.length && seconds < most && junk <= within && headers < MAX_HEADERS) {
    const frame = mpegFrameAt(bytes, offset)
    seconds += frame ? frame.samples / frame.hertz : 0
    headers += frame ? 1 : 0
    junk += frame ? 0 : 1
    offset += frame?.length || 1
  }
  if (junk > within) return undefined
  return headers < MAX_HEADERS ? seconds : Math.min(most, (seconds * bytes.length) / offset)
}

/** Whether the frames that follow are of the same stream; a stream cut short counts from two frames on. */
function goesOn(bytes: Uint8Array, start: number, first: MpegFrame): boolean {
  let offset = start + first.length
  for (let count = 1; count < IN_A_ROW; count++) {
    if (offset + 4 > bytes.length) return count >= 2
    const frame = mpegFrameAt(bytes, offset)
    if (frame?.fingerprint !== first.fingerprint) return false
    offset += frame.length
  }
  return true
}

/** The frame whose header is at `offset`, where there is one. */
export function mpegFrameAt(bytes: Uint8Array, offset: number): MpegFrame | undefined {
  if (bytes[offset] !== 0xff) return undefined
  const second = bytes[offset + 1]!
  if ((second & 0xe0) !== 0xe0) return undefined
  const layer = 4 - ((second >> 1) & 3)
  return layer === 4 ? aacHeaderAt(bytes, offset, second) : mp3HeaderAt(bytes, offset, second, layer)
}

// ISO/IEC 13818-7, 6.2: the length counts the header; the fingerprint is the profile and sample rate.
function aacHeaderAt(bytes: Uint8Array, offset: number, second: number): MpegFrame | undefined {
  if (second < 0xf0 || offset + 7 > bytes.length) return undefined
  const [third, fourth, fifth, sixth] = bytes.subarray(offset + 2, offset + 6) as Iterable<number>
  const length = ((fourth! & 3) << 11) | (fifth! << 3) | (sixth! >> 5)
  const hertz = AAC_RATES[(third! >> 2) & 15]
  if (length < 8 || !hertz) return undefined
  const samples = 1024 * ((bytes[offset + 6]! & 3) + 1)
  const fingerprint = (second << 8) | (third! & 0xfc)
  return { kind: 'aac', length, samples, hertz, fingerprint, layer: 4, mpeg1: false, mono: false }
}

// ISO/IEC 11172-3, 2.4.1.3; the fingerprint is version, layer and sample rate, which a stream does not change.
function mp3HeaderAt(
  bytes: Uint8Array,
  offset: number,
  second: number,
  layer: number,
): MpegFrame | undefined {
  const version = (second >> 3) & 3 // 0: 2.5, 1: reserved, 2: 2, 3: 1
  const third = bytes[offset + 2]!
  const sampleRate = SAMPLE_RATES[(third >> 2) & 3]
  const kilobits = ratesOf(version === 3, layer)[(third >> 4) - 1]
  if (version === 1 || !sampleRate || !kilobits) return undefined
  const hertz = sampleRate / [4, 1, 2, 1][version]!
  const padding = (third >> 1) & 1
  return {
    kind: 'mp3',
    length: lengthOf(version, layer, kilobits, hertz, padding),
    samples: samplesOf(version, layer),
    hertz,
    // Without the bit of protection, which some encoders set for some frames only.
    fingerprint: ((second | 1) << 8) | (third & 0x0c),
    layer,
    mpeg1: version === 3,
    mono: bytes[offset + 3]! >> 6 === 3,
  }
}

function ratesOf(first: boolean, layer: number): number[] {
  if (!first) return layer === 1 ? RATES_V2_L1 : RATES_V2_L23
  return layer === 1 ? RATES_V1_L1 : layer === 2 ? RATES_V1_L2 : RATES_V1_L3
}

function samplesOf(version: number, layer: number): number {
  if (layer === 1) return 384
  return layer === 3 && version !== 3 ? 576 : 1152
}

function lengthOf(version: number, layer: number, kilobits: number, hertz: number, padding: number): number {
  if (layer === 1) return (Math.floor((12_000 * kilobits) / hertz) + padding) * 4
  const samplesPerByte = layer === 3 && version !== 3 ? 72_000 : 144_000
  return Math.floor((samplesPerByte * kilobits) / hertz) + padding
}
