import { type PacketDecoder, takeMp3 } from './decoders.ts'
import { DECODER_DELAY, muted, reservoirOf, type StreamTag, streamTagOf } from './mp3-frame.ts'
import { findMpegStream, type MpegFrame } from './mpeg-frames.ts'
import { type MpegPart, mpegParts } from './mpeg-stream.ts'
import type { PcmChunk } from './pcm.ts'
import { createTimeline, type Timeline } from './timeline.ts'

/** Streams of other rates behind the first one may have so much in front, bytes. */
const MAX_JUNK = 256 * 1024

/**
 * Decodes MP3, and the layers I and II. The decoder gets the frames of one stream and nothing else, and gives as many
 * samples as they say; where frames are lost there is silence instead of them.
 */
export async function* decodeMp3(bytes: Uint8Array): AsyncGenerator<PcmChunk> {
  for (let from = 0; from < bytes.length; ) {
    const found = findMpegStream(bytes, from, MAX_JUNK)
    if (found?.kind !== 'mp3') return
    const { parts, end } = linkOf(bytes, found.start)
    yield* decodeLink(bytes, parts)
    from = end
  }
}

/** The parts of one stream: to the end of the file, or to where the rest has the frames of another one. */
function linkOf(bytes: Uint8Array, start: number): { parts: MpegPart[]; end: number } {
  const parts = mpegParts(bytes, start)
  const last = parts.at(-1)
  if (!last || !('lost' in last)) return { parts, end: bytes.length }
  const other = findMpegStream(bytes, last.start, MAX_JUNK)
  return other ? { parts: parts.slice(0, -1), end: other.start } : { parts, end: bytes.length }
}

async function* decodeLink(bytes: Uint8Array, parts: readonly MpegPart[]): AsyncGenerator<PcmChunk> {
  const first = parts.find((part) => 'length' in part)
  if (!first) return
  const bytesOf = ({ start, length }: MpegFrame & { start: number }) => bytes.subarray(start, start + length)
  const tag = streamTagOf(bytesOf(first), first)
  const heard = told(tag ? parts.slice(1) : parts, tag)
  const trim = createTrim(tag, heard, first)
  const timeline = createTimeline(first.hertz)
  const decoder = await takeMp3()
  /** Bytes of the frames before that later ones may need; what was lost is not among them. */
  let reservoir = 0
  try {
    for (const part of heard) {
      const read = part.start / bytes.length
      if ('lost' in part) {
        reservoir = 0
        yield* trim.lost(timeline, part.lost * first.samples, read)
        continue
      }
      const frame = bytesOf(part)
      const { needs, gives } = reservoirOf(frame, part)
      const isWhole = needs <= reservoir
      reservoir += gives
      const channels = await decodeFrame(decoder, isWhole ? frame : muted(frame, part), part)
      if (channels && (isWhole || timeline.position() === 0)) yield* trim.sound(timeline, channels, read)
      else yield* trim.lost(timeline, part.samples, read)
    }
    yield* timeline.end()
  } finally {
    decoder.free()
  }
}

/** The parts with as many frames as the stream tells, where it tells: the largest gap has what was estimated wrongly. */
function told(parts: readonly MpegPart[], tag: StreamTag | undefined): MpegPart[] {
  const counted = parts.reduce((sum, part) => sum + ('lost' in part ? part.lost : 1), 0)
  const missing = (tag?.frames ?? counted) - counted
  const gaps = parts.filter((part) => 'lost' in part)
  const largest = gaps.sort((one, other) => other.lost - one.lost)[0]
  const end = parts.at(-1)?.start ?? 0
  if (missing === 0) return [...parts]
  // Behind a gap of VBR some frames are estimated; without a gap, what is missing is cut off at the end.
  const isEstimate = largest && Math.abs(missing) <= Math.max(2, largest.lost)
  if (isEstimate) {
    return parts.map((part) =>
      part === largest ? { ...part, lost: Math.max(0, largest.lost + missing) } : part,
    )
  }
  return missing > 0 ? [...parts, { lost: missing, start: end }] : [...parts]
}

/** Leaves out what the encoder put before and behind the sound, where it says how much that is. */
function createTrim(tag: StreamTag | undefined, parts: readonly MpegPart[], { samples }: MpegFrame) {
  const total = parts.reduce((sum, part) => sum + ('lost' in part ? part.lost : 1), 0) * samples
  const start = tag?.delay === undefined ? 0 : tag.delay + DECODER_DELAY
  // Where the stream has more frames than the tag tells, another file follows, and nothing says where its padding is.
  const isWhole = tag?.frames === undefined || tag.frames * samples >= total
  const end = isWhole ? total - Math.max(0, (tag?.padding ?? 0) - DECODER_DELAY) : total
  let position = 0
  /** The part of so many next samples that is to be heard. */
  const heardOf = (count: number): [from: number, to: number] => {
    const from = Math.min(count, Math.max(0, start - position))
    const to = Math.max(from, Math.min(count, end - position))
    position += count
    return [from, to]
  }
  return {
    *sound(timeline: Timeline, channels: Float32Array[], read: number) {
      const [from, to] = heardOf(channels[0]!.length)
      yield* timeline.sound(
        from === 0 && to === channels[0]!.length ? channels : channels.map((one) => one.subarray(from, to)),
        read,
      )
    },
    *lost(timeline: Timeline, count: number, read: number) {
      const [from, to] = heardOf(count)
      yield* timeline.silence(to - from, read)
    },
  }
}

/** What a frame gives, where it is as long as it says. */
async function decodeFrame(decoder: PacketDecoder, frame: Uint8Array, { samples, mono }: MpegFrame) {
  const { channelData } = await decoder.decode([frame])
  if (channelData[0]?.length !== samples) return undefined
  return mono ? channelData.slice(0, 1) : channelData
}
