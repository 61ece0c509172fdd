import { AlignError } from '../errors.ts'
import { type Decoded, type DecoderName, type StreamDecoder, takeDecoder } from './decoders.ts'
import { join } from './join.ts'
import type { PcmChunk } from './pcm.ts'
import { oggChannels } from './sniff.ts'

/** Bytes per step. FLAC takes small ones, because a hostile file makes 60 kB of samples from every byte of it. */
const FLAC_STEP = 256
const STEP = 4096

/** Samples per channel that are gathered before they go on. */
const CHUNK_SAMPLES = 32_768

/** A page of more channels could be a gigabyte of samples; frames of FLAC are the longest. */
const MAX_OGG_CHANNELS = { oga: 8, opus: 8, flac: 2 }

/** A file with more damage than this is refused rather than read as noise. */
const MAX_ERRORS = 1000

/** Decodes FLAC outside of Ogg. */
export function decodeFlac(bytes: Uint8Array): AsyncGenerator<PcmChunk> {
  return decodeSteps(bytes, 'flac', FLAC_STEP)
}

/** Decodes MP3. */
export function decodeMp3(bytes: Uint8Array): AsyncGenerator<PcmChunk> {
  return decodeSteps(bytes, 'mp3', STEP)
}

/** Decodes Ogg holding Vorbis, Opus or FLAC. What is whole in it are its pages, of at most 255 packets. */
export function decodeOgg(bytes: Uint8Array, name: 'oga' | 'opus' | 'flac'): AsyncGenerator<PcmChunk> {
  const channels = oggChannels(bytes)
  const most = MAX_OGG_CHANNELS[name]
  if (channels < 1 || channels > most) {
    throw new AlignError('AUDIO_UNREADABLE', `Expected 1 to ${most} channels, got ${channels}`)
  }
  return decodeSteps(bytes, name, STEP)
}

/** Decodes step by step, so that memory does not depend on what the bytes unfold to. */
async function* decodeSteps(bytes: Uint8Array, name: DecoderName, step: number): AsyncGenerator<PcmChunk> {
  const decoder = await takeDecoder(name)
  let gathered: Decoded[] = []
  let samples = 0
  try {
    for await (const { decoded, read } of stepsOf(bytes, decoder, step)) {
      const added = decoded.channelData[0]?.length ?? 0
      if (added === 0) continue
      gathered.push(decoded)
      samples += added
      if (samples < CHUNK_SAMPLES) continue
      yield toChunk(gathered, read)
      gathered = []
      samples = 0
    }
    if (samples > 0) yield toChunk(gathered, 1)
  } finally {
    decoder.free()
  }
}

type Step = { decoded: Decoded; read: number }

async function* stepsOf(bytes: Uint8Array, decoder: StreamDecoder, step: number): AsyncGenerator<Step> {
  let errors = 0
  for (let start = 0; start < bytes.length; start += step) {
    const end = Math.min(bytes.length, start + step)
    const decoded = await decoder.decode(bytes.subarray(start, end))
    errors += decoded.errors.length
    if (errors > MAX_ERRORS) throw damaged(decoded)
    yield { decoded, read: end / bytes.length }
  }
  if (decoder.flush) yield { decoded: await decoder.flush(), read: 1 }
}

function toChunk(decoded: Decoded[], read: number): PcmChunk {
  const { channelData, sampleRate } = decoded[0]!
  const uneven = decoded.find((next) => next.sampleRate !== sampleRate)
  if (uneven) {
    const got = `${sampleRate} and then ${uneven.sampleRate} Hz`
    throw new AlignError('AUDIO_UNREADABLE', `Expected one sample rate, got ${got}`)
  }
  const channels = channelData.map((_, channel) => join(decoded.map((next) => channelOf(next, channel))))
  return { channels, sampleRate, read }
}

/** Where the number of channels changes on the way, the first one stands in for those that are gone. */
function channelOf({ channelData }: Decoded, channel: number): Float32Array {
  return channelData[channel] ?? channelData[0]!
}

function damaged({ errors }: Decoded): AlignError {
  const example = errors[0]?.message ?? 'unknown'
  return new AlignError(
    'AUDIO_UNREADABLE',
    `Expected at most ${MAX_ERRORS} damaged frames, got more: ${example}`,
  )
}
