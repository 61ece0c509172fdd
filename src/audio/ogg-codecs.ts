import { AlignError } from '../errors.ts'
import { type Decoded, takeOpus, takeVorbis } from './decoders.ts'
import { tagAt, viewOf } from './iff.ts'

/** A codec in Ogg whose pages count samples. */
export type OggCodec = {
  /** Of what it gives, Hz. */
  sampleRate: number
  /** Samples at the start of the stream that are not to be heard. */
  preSkip: number
  /** One entry for each packet: its sound, or how many samples of it are lost. */
  decode(packets: Uint8Array[]): Promise<(Float32Array[] | { lost: number })[]>
  free(): void
}

/** A page of more channels could be a gigabyte of samples. */
const MAX_CHANNELS = 8

/** What is there in the decoder for one packet, bytes. */
const VORBIS_PACKET = 128 * 1024
const OPUS_PACKET_PER_CHANNEL = 3840

/** The decoder for a stream by its header packets; undefined where it needs more of them. */
export async function openCodec(headers: readonly Uint8Array[]): Promise<OggCodec | undefined> {
  const [first, , setup] = headers
  if (headers.length === 2 && tagAt(first!, 0) === 'Opus') return openOpus(first!)
  return headers.length === 3 ? openVorbis(first!, setup!) : undefined
}

async function openVorbis(identification: Uint8Array, setup: Uint8Array): Promise<OggCodec> {
  if (identification.length < 30) throw damagedHeader('Vorbis')
  checkChannels(identification[11]!)
  if (setup.length > VORBIS_PACKET) throw damagedHeader('Vorbis')
  const decoder = await takeVorbis(identification, setup)
  return {
    sampleRate: viewOf(identification).getUint32(12, true),
    preSkip: 0,
    // All at once: the decoder takes one packet after the other anyway, and a lost one gives nothing.
    decode: async (packets) => {
      const { channelData } = await decoder.decode(packets.filter(({ length }) => length <= VORBIS_PACKET))
      return [channelData]
    },
    free: decoder.free,
  }
}

// RFC 7845, 5.1.
async function openOpus(head: Uint8Array): Promise<OggCodec> {
  if (head.length < 19) throw damagedHeader('Opus')
  const channels = head[9]!
  checkChannels(channels)
  const decoder = await takeOpus(layoutOf(head, channels))
  return {
    // Whatever the input was, Opus counts at 48 kHz.
    sampleRate: 48_000,
    preSkip: viewOf(head).getUint16(10, true),
    decode: async (packets) => {
      const sounds: (Float32Array[] | { lost: number })[] = []
      for (const packet of packets) {
        const fits = packet.length <= OPUS_PACKET_PER_CHANNEL * channels
        const { channelData, errors }: Decoded = fits
          ? await decoder.decode([packet])
          : { channelData: [], sampleRate: 0, errors: [] }
        const isWhole = errors.length === 0 && channelData.length > 0
        sounds.push(isWhole ? channelData : { lost: opusSamples(packet) })
      }
      return sounds
    },
    free: decoder.free,
  }
}

function layoutOf(head: Uint8Array, channels: number) {
  if (head[18] === 0) {
    if (channels > 2) throw damagedHeader('Opus')
    return { channels, streams: 1, coupled: channels - 1, mapping: channels === 2 ? [0, 1] : [0] }
  }
  const [streams, coupled] = [head[19] ?? 0, head[20] ?? 0]
  const mapping = [...head.subarray(21, 21 + channels)]
  const isPossible =
    mapping.length === channels &&
    streams > 0 &&
    coupled <= streams &&
    streams + coupled <= 255 &&
    mapping.every((channel) => channel === 255 || channel < streams + coupled)
  if (!isPossible) throw damagedHeader('Opus')
  return { channels, streams, coupled, mapping }
}

/** Samples of a packet at 48 kHz, as its first bytes tell: RFC 6716, 3.1. */
export function opusSamples(packet: Uint8Array): number {
  const [toc, second] = [packet[0], packet[1]]
  if (toc === undefined) return 0
  const config = toc >> 3
  const milliseconds =
    config < 12
      ? [10, 20, 40, 60][config & 3]!
      : config < 16
        ? [10, 20][config & 1]!
        : [2.5, 5, 10, 20][config & 3]!
  const frames = (toc & 3) === 0 ? 1 : (toc & 3) < 3 ? 2 : (second ?? 0) & 63
  return Math.min(frames * milliseconds, 120) * 48
}

function checkChannels(channels: number): void {
  if (channels >= 1 && channels <= MAX_CHANNELS) return
  throw new AlignError('AUDIO_UNREADABLE', `Expected 1 to ${MAX_CHANNELS} channels, got ${channels}`)
}

function damagedHeader(name: string): AlignError {
  return new AlignError('AUDIO_UNREADABLE', `Expected a whole ${name} header, got a damaged one`)
}
