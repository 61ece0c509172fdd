import { AlignError } from '../errors.ts'
import type { PcmChunk } from './decode.ts'
import { type Decoded, type DecoderName, type StreamDecoder, takeDecoder } from './decoders.ts'
import { join } from './join.ts'

/** Bytes per step. Small, because a hostile FLAC makes 60 kB of samples from every byte; it costs no speed. */
const STEP_BYTES = 512

/** Samples per channel that are gathered before they go on. */
const CHUNK_SAMPLES = 32_768

/** A file with more damage than this is refused rather than read as noise. */
const MAX_ERRORS = 1000

/** Decodes MP3, FLAC, Ogg Vorbis or Opus step by step, so that memory does not depend on what the bytes unfold to. */
export async function* decodeCompressed(bytes: Uint8Array, name: DecoderName): AsyncGenerator<PcmChunk> {
  const decoder = await takeDecoder(name)
  let gathered: Decoded[] = []
  let samples = 0
  try {
    for await (const { decoded, read } of stepsOf(bytes, decoder)) {
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

async function* stepsOf(bytes: Uint8Array, decoder: StreamDecoder): AsyncGenerator<Step> {
  let errors = 0
  for (let start = 0; start < bytes.length; start += STEP_BYTES) {
    const end = Math.min(bytes.length, start + STEP_BYTES)
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
