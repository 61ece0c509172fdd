import { AlignError } from '../errors.ts'
import { type PacketDecoder, takeFlac } from './decoders.ts'
import { type FlacFrame, wholeFrames } from './flac-frames.ts'
import { afterMetadata, type StreamInfo, streamInfoAt } from './flac-header.ts'
import type { PcmChunk } from './pcm.ts'
import { createTimeline } from './timeline.ts'

/** Past "fLaC" and the header of the first block of metadata. */
const INFO_AT = 8
const INFO_END = INFO_AT + 34

/**
 * Decodes FLAC outside of Ogg. Frames are placed by their own numbers, so that a damaged one leaves silence of its length
 * and nothing behind it moves. The decoder gets whole frames only: by itself it would drop up to half a megabyte behind
 * a damaged one.
 */
export async function* decodeFlac(bytes: Uint8Array, maxSeconds: number): AsyncGenerator<PcmChunk> {
  const from = afterMetadata(bytes)
  const info = streamInfoAt(bytes, INFO_AT)
  const frames = wholeFrames(bytes, from)
  yield* decodeFlacFrames(bytes, frames, info, { maxSeconds, startsWhole: frames[0]?.start === from })
}

export type FlacPlacing = {
  maxSeconds: number
  /** Whether the first frame is where frames begin: what it counts from is then the start, as in a recording of a broadcast. */
  startsWhole: boolean
}

/** Decodes frames that are whole. */
export async function* decodeFlacFrames(
  bytes: Uint8Array,
  frames: readonly FlacFrame[],
  info: StreamInfo | undefined,
  { maxSeconds, startsWhole }: FlacPlacing,
): AsyncGenerator<PcmChunk> {
  if (frames.length === 0 && !info) return
  const stream = streamOf(frames, info)
  const timeline = createTimeline(stream.sampleRate)
  if (frames.length === 0) return yield* timeline.silence(totalOf(info, 0, maxSeconds), 1)
  const decoder = await takeFlac()
  try {
    if (info) await decoder.decode([headerOf(info)])
    let origin = startsWhole ? startOf(frames[0]!, stream.block) : 0
    for (const frame of frames) {
      if (!belongs(frame, stream)) continue
      const start = startOf(frame, stream.block) - origin
      // Numbers that start anew, or jump past the end, are those of another file behind this one.
      if (start < timeline.position() || (info?.total && start >= info.total))
        origin += start - timeline.position()
      else yield* timeline.silenceTo(start, frame.start / bytes.length)
      const channels = await decodeFrame(decoder, bytes.subarray(frame.start, frame.end), frame)
      const read = frame.end / bytes.length
      yield* channels ? timeline.sound(channels, read) : timeline.silence(frame.block, read)
    }
  } finally {
    decoder.free()
  }
  const endsWhole = frames.at(-1)!.end === bytes.length
  const total = totalOf(info, endsWhole ? timeline.position() : 0, maxSeconds)
  yield* timeline.silenceTo(total, 1)
  yield* timeline.end()
}

type Stream = { sampleRate: number; channels: number; block: number }

/** What most frames say, which are checked as the file's own head is not. */
function streamOf(frames: readonly FlacFrame[], info: StreamInfo | undefined): Stream {
  const sampleRate = mostOf(frames.map((frame) => frame.sampleRate).filter((rate) => rate > 0))
  const stream = {
    sampleRate: sampleRate ?? info?.sampleRate ?? 0,
    channels: mostOf(frames.map((frame) => frame.channels)) ?? info?.channels ?? 0,
    block: mostOf(frames.map((frame) => frame.block)) ?? info?.minBlock ?? 0,
  }
  if (stream.sampleRate > 0) return stream
  throw new AlignError(
    'AUDIO_UNREADABLE',
    'Expected a FLAC file that says its sample rate, got one that does not',
  )
}

function mostOf(values: readonly number[]): number | undefined {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort((one, other) => other[1] - one[1])[0]?.[0]
}

function belongs(frame: FlacFrame, { sampleRate, channels }: Stream): boolean {
  return frame.channels === channels && (frame.sampleRate === 0 || frame.sampleRate === sampleRate)
}

function startOf({ variable, number }: FlacFrame, block: number): number {
  return variable ? number : number * block
}

/** What the decoder gives for a frame, where it is as long as its header says. */
async function decodeFrame(decoder: PacketDecoder, bytes: Uint8Array, { block, channels }: FlacFrame) {
  const { channelData } = await decoder.decode([bytes])
  return channelData.length === channels && channelData[0]?.length === block ? channelData : undefined
}

/** Samples that the file tells of. Where the last frame ends it whole, a length beyond all limits is taken for damage. */
function totalOf(info: StreamInfo | undefined, found: number, maxSeconds: number): number {
  if (!info) return 0
  return found > 0 && info.total > maxSeconds * info.sampleRate ? 0 : info.total
}

/** The start of a FLAC file with this stream information alone, for frames that leave things to it. */
function headerOf({ minBlock, maxBlock, sampleRate, channels, bits }: StreamInfo): Uint8Array {
  const header = Buffer.alloc(INFO_END)
  header.write('fLaC', 0, 'latin1')
  header.writeUInt32BE(0x80000022, 4) // the last block of metadata, of 34 bytes
  header.writeUInt16BE(minBlock, INFO_AT)
  header.writeUInt16BE(maxBlock, INFO_AT + 2)
  const packed = sampleRate * 4096 + ((channels - 1) << 9) + ((bits - 1) << 4)
  header.writeUInt32BE(packed >>> 0, INFO_AT + 10)
  return new Uint8Array(header)
}
