import { AlignError } from '../errors.ts'
import type { MonoPcm } from '../types.ts'
import { decode } from './decode.ts'
import { createDownmix } from './downmix.ts'
import { join } from './join.ts'
import type { PcmChunk } from './pcm.ts'
import { createResampler, type Resampler } from './resample.ts'

export type ReadAudioOptions = {
  /** Sample rate of the result, Hz. */
  sampleRate: number
  /** Longest recording, seconds. */
  maxSeconds: number
  /** Asked between pieces; true ends the reading with CANCELLED. */
  isCancelled?: () => boolean
  /** Told the share of the file that is read, [0, 1]. */
  onProgress?: (fraction: number) => void
}

/** Shorter recordings hold no line. */
const MIN_SECONDS = 0.2

/** Keeps all up to 7 kHz, in less than a third of the time of 'best'. */
export const QUALITY = 'fast'

/** A few broken samples are silenced; with more of them the file is not what it says. */
const MAX_BROKEN_SHARE = 0.01

/** The recording so far. */
type Reading = {
  resampler: Resampler
  downmix: (channels: Float32Array[]) => Float32Array
  /** Of the file, Hz. */
  rate: number
  /** Samples of the file, and those that are no finite numbers. */
  samples: number
  broken: number
  pieces: Float32Array[]
}

/**
 * Reads a recording: decodes, averages the channels and resamples, piece by piece, so that memory is that of the
 * result and a few pieces. Samples that are not finite become 0; the result is clipped to [-1, 1].
 * @throws AlignError AUDIO_UNREADABLE, AUDIO_TOO_LONG, AUDIO_TOO_SHORT, CANCELLED
 */
export async function readAudio(
  bytes: Uint8Array,
  { sampleRate, maxSeconds, isCancelled = () => false, onProgress = () => undefined }: ReadAudioOptions,
): Promise<MonoPcm> {
  let reading: Reading | undefined
  try {
    for await (const chunk of decode(bytes, maxSeconds)) {
      if (isCancelled()) throw new AlignError('CANCELLED', 'Cancelled while decoding the audio')
      reading ??= await begin(chunk, sampleRate)
      checkChunk(reading, chunk, maxSeconds)
      take(reading, chunk)
      onProgress(chunk.read)
    }
    return { samples: finish(reading), sampleRate }
  } finally {
    reading?.resampler.free()
  }
}

async function begin({ sampleRate: rate }: PcmChunk, wanted: number): Promise<Reading> {
  const resampler = await createResampler(rate, wanted, { quality: QUALITY })
  return { resampler, downmix: createDownmix(), rate, samples: 0, broken: 0, pieces: [] }
}

function checkChunk(
  { rate, samples }: Reading,
  { sampleRate, channels }: PcmChunk,
  maxSeconds: number,
): void {
  if (sampleRate !== rate) {
    throw new AlignError(
      'AUDIO_UNREADABLE',
      `Expected one sample rate, got ${rate} and then ${sampleRate} Hz`,
    )
  }
  if (samples + (channels[0]?.length ?? 0) > maxSeconds * rate) {
    throw new AlignError(
      'AUDIO_TOO_LONG',
      `Expected at most ${maxSeconds} s of audio, got more than ${maxSeconds} s`,
    )
  }
}

function take(reading: Reading, { channels }: PcmChunk): void {
  const mono = reading.downmix(channels)
  reading.samples += mono.length
  reading.broken += silenceBroken(mono)
  reading.pieces.push(reading.resampler.push(mono))
}

function finish(reading: Reading | undefined): Float32Array {
  const seconds = reading ? reading.samples / reading.rate : 0
  if (!reading || seconds < MIN_SECONDS) {
    throw new AlignError(
      'AUDIO_TOO_SHORT',
      `Expected at least ${MIN_SECONDS} s of audio, got ${seconds.toFixed(3)} s`,
    )
  }
  if (reading.broken > reading.samples * MAX_BROKEN_SHARE) {
    const percent = ((100 * reading.broken) / reading.samples).toFixed(1)
    throw new AlignError(
      'AUDIO_UNREADABLE',
      `Expected numbers as samples, got ${percent} % NaN or infinite ones`,
    )
  }
  reading.pieces.push(reading.resampler.finish())
  return clip(join(reading.pieces))
}

/** Puts 0 where a sample is NaN or infinite, and says how often. */
function silenceBroken(samples: Float32Array): number {
  let broken = 0
  for (let i = 0; i < samples.length; i++) {
    if (Number.isFinite(samples[i]!)) continue
    samples[i] = 0
    broken++
  }
  return broken
}

function clip(samples: Float32Array): Float32Array {
  for (let i = 0; i < samples.length; i++) samples[i] = Math.min(1, Math.max(-1, samples[i]!))
  return samples
}
