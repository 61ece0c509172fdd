import { AlignError } from '../errors.ts'

/** What a decoder gave for some packets. `channelData` is empty where they gave no sound. */
export type Decoded = { channelData: Float32Array[]; sampleRate: number; errors: { message: string }[] }

/** A decoder of whole packets. It belongs to whoever took it, who frees it on every way out. */
export type PacketDecoder = {
  decode(packets: Uint8Array[]): Decoded | Promise<Decoded>
  free(): void
}

/** Channels of an Opus stream and how they are coupled: RFC 7845, 5.1. */
export type OpusLayout = { channels: number; streams: number; coupled: number; mapping: number[] }

const MODULES = {
  flac: once(() => import('@wasm-audio-decoders/flac')),
  vorbis: once(() => import('@wasm-audio-decoders/ogg-vorbis')),
  opus: once(() => import('opus-decoder')),
  mp3: once(() => import('mpg123-decoder')),
}

/**
 * Loads every decoder and readies one of each, so that files of a later song find them in memory: opening their modules
 * only then would fail where the process has no file left to open.
 * @throws AlignError MODEL_NOT_READY
 */
export async function loadDecoders(): Promise<void> {
  const opus = { channels: 2, streams: 1, coupled: 1, mapping: [0, 1] }
  const takes = [takeFlac(), takeMp3(), takeOpus(opus), takeRawVorbis()]
  const taken = await Promise.allSettled<{ free(): void }>(takes)
  for (const one of taken) if (one.status === 'fulfilled') one.value.free()
  const failed = taken.find((one) => one.status === 'rejected')
  if (failed) throw failed.reason
}

export async function takeFlac(): Promise<PacketDecoder> {
  const decoder = await ready('FLAC', async () => new (await MODULES.flac()).FLACDecoder())
  return { decode: (packets) => decoder.decodeFrames(packets), free: () => decoder.free() }
}

/** Takes encoder and decoder delay away where the first frame tells it (Xing or Info, with LAME's or Lavc's extension). */
export async function takeMp3(): Promise<PacketDecoder> {
  const decoder = await ready('MP3', async () => new (await MODULES.mp3()).MPEGDecoder())
  return { decode: (packets) => decoder.decodeFrames(packets), free: () => decoder.free() }
}

export async function takeOpus({ channels, streams, coupled, mapping }: OpusLayout): Promise<PacketDecoder> {
  const options = {
    channels,
    streamCount: streams,
    coupledStreamCount: coupled,
    channelMappingTable: mapping,
  }
  const decoder = await ready('Opus', async () => new (await MODULES.opus()).OpusDecoder(options))
  return { decode: (packets) => decoder.decodeFrames(packets), free: () => decoder.free() }
}

/** What is used of the Vorbis decoder inside its reader of Ogg pages, which would drop all behind a lost page. */
type RawVorbis = {
  sendSetupHeader(packet: Uint8Array): void
  initDsp(): void
  decodePackets(packets: Uint8Array[]): Decoded
  free(): void
}

/** A decoder for the stream that these header packets (identification and setup) describe. */
export async function takeVorbis(identification: Uint8Array, setup: Uint8Array): Promise<PacketDecoder> {
  const decoder = await takeRawVorbis()
  try {
    // The comments between the two are left out by the decoder too.
    decoder.sendSetupHeader(identification)
    decoder.sendSetupHeader(setup)
    decoder.initDsp()
  } catch (error) {
    decoder.free()
    throw error
  }
  return { decode: (packets) => decoder.decodePackets(packets), free: () => decoder.free() }
}

async function takeRawVorbis(): Promise<RawVorbis> {
  const reader = await ready('Vorbis', async () => new (await MODULES.vorbis()).OggVorbisDecoder())
  return (reader as unknown as { _decoder: RawVorbis })._decoder
}

/** A failure here is no fault of the recording, and says nothing of paths to whoever sent it. */
async function ready<T extends { ready: Promise<unknown> }>(
  name: string,
  make: () => Promise<T>,
): Promise<T> {
  try {
    const decoder = await make()
    await decoder.ready
    return decoder
  } catch (cause) {
    throw new AlignError('MODEL_NOT_READY', `Expected the ${name} decoder to load, got an error`, { cause })
  }
}

/** Loads once and keeps what came; a load that failed is not kept, so the next one tries anew. */
export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined
  return () => {
    loading ??= load().catch((error) => {
      loading = undefined
      throw error
    })
    return loading
  }
}
