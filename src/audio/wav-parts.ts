import { AlignError } from '../errors.ts'
import { tagAt, viewOf } from './iff.ts'

/** Where the parts of a WAV file are, bytes: its format, its sound, and where the sound ended before the file was cut short. */
export type WavParts = {
  format: { start: number; end: number }
  start: number
  end: number
  /** At `end`, but where the file itself agrees that there was more. */
  told: number
}

/** A chunk by its header: `size` as declared, undefined where the writer left it open. */
type Header = { id: string; start: number; size: number | undefined }

/** How chunks are written: in RIFF and RF64, or in Wave64. */
type Wrapper = {
  first: number
  headerAt(at: number): Header | undefined
  /** Where the next chunk is behind one that ends there. */
  after(end: number): number
  /** What the file says of its own end; undefined where that was left open. */
  end: number | undefined
  /** Whether the size of the sound was written apart and last, as in RF64: then what follows is none, whatever it is. */
  isFinal: boolean
}

/** A file of more is no recording: empty chunks by the million would only take time. */
const MAX_CHUNKS = 10_000

/** Writers to pipes put the largest size there is, or one a little below 2^31: nobody makes WAV files of that length. */
const OPEN_32 = 0x7ff00000
const OPEN_64 = 2 ** 60

// Wave64 names its chunks by GUIDs of which the first four bytes are the letters.
const W64_RIFF = '2e91cf11a5d628db04c10000'
const W64_CHUNK = 'f3acd3118cd100c04f8edb8a'
const W64_HEADER = 24

/** Whether it is a WAV file: RIFF, RF64, BW64 or Wave64. */
export function isWav(bytes: Uint8Array, start = 0): boolean {
  const tag = tagAt(bytes, start)
  if (tag === 'riff') return guidAt(bytes, start) === W64_RIFF
  return ['RIFF', 'RF64', 'BW64'].includes(tag) && tagAt(bytes, start + 8) === 'WAVE'
}

/** Finds the parts of a WAV file, whatever its sizes say. @throws AlignError AUDIO_UNREADABLE */
export function wavPartsOf(bytes: Uint8Array): WavParts {
  const wrapper = tagAt(bytes, 0) === 'riff' ? wave64Of(bytes) : riffOf(bytes)
  let format: { start: number; end: number } | undefined
  let at = wrapper.first
  for (let count = 0; count < MAX_CHUNKS; count++) {
    const header = wrapper.headerAt(at)
    if (!header) break
    const { id, start, size } = header
    if (id === 'data') return soundOf(bytes, wrapper, format, header)
    if (size === undefined) break
    if (id === 'fmt ') format = { start, end: Math.min(start + size, bytes.length) }
    at = wrapper.after(start + size)
  }
  throw new AlignError('AUDIO_UNREADABLE', 'Expected a WAV file with a data chunk, got one without')
}

function soundOf(
  bytes: Uint8Array,
  wrapper: Wrapper,
  format: WavParts['format'] | undefined,
  { start, size }: Header,
): WavParts {
  if (!format || format.end - format.start < 16) {
    throw new AlignError(
      'AUDIO_UNREADABLE',
      'Expected a WAV file with a format chunk before its data, got none',
    )
  }
  const whole = bytes.length
  const declared = size === undefined ? undefined : start + size
  if (declared === undefined) return { format, start, end: whole, told: whole }
  if (declared > whole) {
    const isAgreed = wrapper.end !== undefined && wrapper.end >= declared
    return { format, start, end: whole, told: isAgreed ? declared : whole }
  }
  const isRest = !wrapper.isFinal && isSound(bytes, declared, wrapper)
  const end = isRest ? whole : declared
  return { format, start, end, told: end }
}

/**
 * Whether what is behind the declared end of the sound is sound too, because the recorder was ended before it wrote the
 * size, or wrote it for the last time a while ago: it is neither a chunk, nor a tag, nor empty.
 */
function isSound(bytes: Uint8Array, end: number, wrapper: Wrapper): boolean {
  const places = [end, wrapper.after(end)]
  if (places.some((at) => isChunks(bytes, at, wrapper) || isTag(bytes, at))) return false
  return bytes.subarray(end).some((byte) => byte !== 0)
}

const KNOWN =
  /^(LIST|id3 |ID3 |bext|cue |smpl|inst|fact|PEAK|JUNK|junk|PAD |FLLR|iXML|axml|chna|_PMX|afsp|DISP|acid|plst|RIFF)$/

/** Chunks up to the end of the file, or one of a known name. */
function isChunks(bytes: Uint8Array, from: number, wrapper: Wrapper): boolean {
  let at = from
  for (let count = 0; count < MAX_CHUNKS; count++) {
    // One byte may be left of a last chunk that was made even.
    if (at >= bytes.length - 1) return count > 0
    const header = wrapper.headerAt(at)
    if (!header || header.size === undefined || !/^[\x20-\x7e]{4}$/.test(header.id)) return false
    if (KNOWN.test(header.id)) return true
    const end = header.start + header.size
    if (end > bytes.length) return false
    at = wrapper.after(end)
  }
  return false
}

function isTag(bytes: Uint8Array, at: number): boolean {
  return /^(TAG|ID3|APET|LYRI)/.test(tagAt(bytes, at))
}

function riffOf(bytes: Uint8Array): Wrapper {
  const view = viewOf(bytes)
  const isLong = tagAt(bytes, 0) !== 'RIFF'
  const long = isLong && tagAt(bytes, 12) === 'ds64' && bytes.length >= 36 ? longSizesOf(view) : undefined
  const whole = openAbove(view.getUint32(4, true), OPEN_32)
  const riff = long ? long.riff : whole
  return {
    first: 12,
    headerAt(at) {
      if (at + 8 > bytes.length) return undefined
      const id = tagAt(bytes, at)
      const size = view.getUint32(at + 4, true)
      const isOpen = id === 'data' && (size >= OPEN_32 || (size === 0 && isLong))
      return { id, start: at + 8, size: isOpen ? long?.data : size }
    },
    after: (end) => end + (end % 2),
    end: riff && riff + 8,
    isFinal: long?.data !== undefined,
  }
}

/** What EBU Tech 3306 keeps in its chunk ds64; undefined where the writer left it empty. */
function longSizesOf(view: DataView): { riff: number | undefined; data: number | undefined } {
  const at = (offset: number) => openAbove(Number(view.getBigUint64(offset, true)), OPEN_64)
  return { riff: at(20), data: at(28) }
}

/** Sizes count the header of 24 bytes; chunks begin at multiples of 8. */
function wave64Of(bytes: Uint8Array): Wrapper {
  const view = viewOf(bytes)
  const sizeAt = (at: number) => openAbove(Number(view.getBigUint64(at + 16, true)), OPEN_64)
  return {
    first: 40,
    headerAt(at) {
      if (at + W64_HEADER > bytes.length || guidAt(bytes, at) !== W64_CHUNK) return undefined
      const size = sizeAt(at)
      const isOpen = size === undefined || size < W64_HEADER
      return { id: tagAt(bytes, at), start: at + W64_HEADER, size: isOpen ? undefined : size - W64_HEADER }
    },
    after: (end) => Math.ceil(end / 8) * 8,
    end: bytes.length >= W64_HEADER ? sizeAt(0) : undefined,
    isFinal: false,
  }
}

/** A size, where it is one. */
function openAbove(size: number, most: number): number | undefined {
  return size === 0 || size >= most ? undefined : size
}

/** The last twelve bytes of a GUID, as hexadecimal digits. */
function guidAt(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.subarray(at + 4, at + 16)).toString('hex')
}
