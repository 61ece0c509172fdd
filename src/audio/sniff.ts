import { tagAt } from './iff.ts'
import { findMpegStream } from './mpeg-frames.ts'
import { isWav } from './wav-parts.ts'

export type AudioFormat = 'wav' | 'aiff' | 'flac' | 'ogg-flac' | 'vorbis' | 'opus' | 'mp3' | 'aac' | 'mp4'

/** What the bytes are, and where it starts: tags and junk may stand before. */
export type Sniffed = { format: AudioFormat; start: number }

/** How far junk before the first MP3 frame is searched, bytes. */
const MAX_JUNK = 256 * 1024

/** ID3v2 tags that are passed over. */
const MAX_TAGS = 16

/** Enough for every signature, bytes. */
const HEAD = 64 * 1024

/** MP4 files of these brands are pictures. */
const PICTURE_BRAND = /^(hei|hev|mif|msf|avi|crx|jp)/

/** Tells the format by the content, never by a name; undefined where it is none we know. */
export function sniff(bytes: Uint8Array): Sniffed | undefined {
  const start = afterId3(bytes)
  return formatAt(bytes, start) ?? mpegFrom(bytes, start) ?? (start > 0 ? mpegFrom(bytes, 0) : undefined)
}

function mpegFrom(bytes: Uint8Array, from: number): Sniffed | undefined {
  const stream = findMpegStream(bytes, from, MAX_JUNK)
  return stream && { format: stream.kind, start: stream.start }
}

/**
 * Past the ID3v2 tags in front, cover pictures and all; a tag of a wrong size may point past the end. Files have one or
 * two: of more than MAX_TAGS the rest is read as what it then is, junk.
 */
function afterId3(bytes: Uint8Array): number {
  let offset = 0
  for (let tags = 0; tags < MAX_TAGS; tags++) {
    if (!tagAt(bytes, offset).startsWith('ID3') || offset + 10 > bytes.length) break
    const [flags, a, b, c, d] = bytes.subarray(offset + 5, offset + 10) as Iterable<number>
    const size = ((a! & 0x7f) << 21) | ((b! & 0x7f) << 14) | ((c! & 0x7f) << 7) | (d! & 0x7f)
    const footer = flags! & 0x10 ? 10 : 0
    offset += 10 + size + footer
  }
  return offset
}

function formatAt(bytes: Uint8Array, start: number): Sniffed | undefined {
  const format = formatOfTags(tagAt(bytes, start), bytes, start)
  return format && { format, start }
}

function formatOfTags(tag: string, bytes: Uint8Array, start: number): AudioFormat | undefined {
  const kind = tagAt(bytes, start + 8)
  if (isWav(bytes, start)) return 'wav'
  if (tag === 'FORM' && (kind === 'AIFF' || kind === 'AIFC')) return 'aiff'
  if (tag === 'fLaC') return 'flac'
  if (tag === 'OggS') return codecOfOgg(bytes, start)
  if (tagAt(bytes, start + 4) === 'ftyp' && !PICTURE_BRAND.test(kind)) return 'mp4'
  return undefined
}

/** The first packet of an Ogg stream names its codec. */
function codecOfOgg(bytes: Uint8Array, start: number): AudioFormat | undefined {
  const name = String.fromCharCode(...firstPacket(bytes.subarray(start)).subarray(0, 8))
  if (name === 'OpusHead') return 'opus'
  if (name.startsWith('\x01vorbis')) return 'vorbis'
  return name.startsWith('\x7fFLAC') ? 'ogg-flac' : undefined
}

function firstPacket(ogg: Uint8Array): Uint8Array {
  return ogg.subarray(27 + (ogg[26] ?? 0)) // past the page's header and its table of lengths
}

/** The channels that the first packet of an Ogg stream declares. */
export function oggChannels(ogg: Uint8Array): number {
  const packet = firstPacket(ogg)
  const codec = codecOfOgg(ogg, 0)
  if (codec === 'vorbis') return packet[11] ?? 0
  if (codec === 'opus') return packet[9] ?? 0
  return (((packet[29] ?? 0) >> 1) & 7) + 1 // FLAC: three bits of the stream's information, of at most 8
}

/** Says for people what the bytes look like, for files that are no audio. */
export async function describeBytes(bytes: Uint8Array): Promise<string> {
  if (bytes.length === 0) return 'an empty file'
  const head = bytes.slice(0, HEAD)
  // Loaded when it is needed, to keep the start fast.
  const { fileTypeFromBuffer } = await import('file-type')
  const type = await fileTypeFromBuffer(head)
  const text = textOf(head)
  if (type && text === undefined) return `${type.mime} (.${type.ext})`
  return text === undefined
    ? `${bytes.length} bytes of no known format`
    : `what looks like ${kindOfText(text)}`
}

/** The bytes as text, where they are text: UTF-8 without control characters. */
function textOf(head: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what tells bytes from text
    return /[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text.trim()
  } catch {
    return undefined // not UTF-8, which is all that was asked
  }
}

function kindOfText(text: string): string {
  if (/^<(!doctype html|html|head|body)/i.test(text)) return 'HTML'
  if (/^<(\?xml|[a-z])/i.test(text)) return 'XML'
  return /^[{[]/.test(text) ? 'JSON' : 'text'
}
