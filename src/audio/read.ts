import { AlignError } from '../errors.ts'
import type { MonoPcm, Pcm, Span } from '../types.ts'
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

/** Damaged stretches that are closer than this are one, seconds. */
const ONE_STRETCH = 0.05

/** Links of a chained file: a recording has few, and each costs a resampler. */
const MAX_LINKS = 1000

/** Samples of silence that are made at a time. */
const SILENCE = 32_768

/** A recording as it is aligned: times of `damaged` are seconds from its start, ascending, apart from each other. */
export type Recording = MonoPcm & {
  /** Stretches that could not be read. They are silent, so that all behind them keeps its time. */
  damaged: Span[]
}

/** A stretch of the recording with one sample rate. */
type Link = { resampler: Resampler; rate: number; samples: number }

/** The recording so far. */
type Reading = {
  downmix: (channels: Float32Array[]) => Float32Array
  link: Link | undefined
  links: number
  /** What is before the link, seconds. */
  before: number
  /** Samples of the file that were read, and those that are no finite numbers. */
  heard: number
  heardSeconds: number
  broken: number
  damaged: Span[]
  pieces: Float32Array[]
}

/**
 * Reads a recording: decodes, averages the channels and resamples, piece by piece, so that memory is that of the
 * result and a few pieces. Samples that are not finite become 0; the result is clipped to [-1, 1]. What is damaged or
 * missing is silent and named.
 * @throws AlignError AUDIO_UNREADABLE, AUDIO_TOO_LONG, AUDIO_TOO_SHORT, CANCELLED
 */
export async function readAudio(
  bytes: Uint8Array,
  { sampleRate, maxSeconds, isCancelled = () => false, onProgress = () => undefined }: ReadAudioOptions,
): Promise<Recording> {
  const reading: Reading = {
    downmix: createDownmix(),
    link: undefined,
    links: 0,
    before: 0,
    heard: 0,
    heardSeconds: 0,
    broken: 0,
    damaged: [],
    pieces: [],
  }
  try {
    for await (const chunk of decode(bytes, maxSeconds)) {
      if (isCancelled()) throw new AlignError('CANCELLED', 'Cancelled while decoding the audio')
      const link = await linkFor(reading, chunk.sampleRate, sampleRate)
      checkLength(reading, link, chunk, maxSeconds)
      if ('lost' in chunk) lose(reading, link, chunk.lost)
      else take(reading, link, chunk)
      onProgress(chunk.read)
    }
    return { samples: finish(reading), sampleRate, damaged: reading.damaged }
  } finally {
    reading.link?.resampler.free()
  }
}

/** The link at this rate: the one there is, or a new one behind it. */
async function linkFor(reading: Reading, rate: number, wanted: number): Promise<Link> {
  if (reading.link?.rate === rate) return reading.link
  if (++reading.links > MAX_LINKS) {
    throw new AlignError(
      'AUDIO_UNREADABLE',
      `Expected at most ${MAX_LINKS} changes of the sample rate, got more`,
    )
  }
  const resampler = await createResampler(rate, wanted, { quality: QUALITY })
  endLink(reading)
  reading.link = { resampler, rate, samples: 0 }
  return reading.link
}

function endLink(reading: Reading): void {
  const { link } = reading
  if (!link) return
  reading.pieces.push(link.resampler.finish())
  reading.before += link.samples / link.rate
  link.resampler.free()
  reading.link = undefined
}

function checkLength(
  { before }: Reading,
  { rate, samples }: Link,
  chunk: PcmChunk,
  maxSeconds: number,
): void {
  const more = 'lost' in chunk ? chunk.lost : (chunk.channels[0]?.length ?? 0)
  if (samples + more > (maxSeconds - before) * rate) {
    throw new AlignError(
      'AUDIO_TOO_LONG',
      `Expected at most ${maxSeconds} s of audio, got more than ${maxSeconds} s`,
    )
  }
}

function take(reading: Reading, link: Link, { channels }: Pcm): void {
  const mono = reading.downmix(channels)
  link.samples += mono.length
  reading.heard += mono.length
  reading.heardSeconds += mono.length / link.rate
  reading.broken += silenceBroken(mono)
  reading.pieces.push(link.resampler.push(mono))
}

function lose(reading: Reading, link: Link, lost: number): void {
  const start = reading.before + link.samples / link.rate
  for (let left = lost; left > 0; left -= SILENCE) {
    reading.pieces.push(link.resampler.push(new Float32Array(Math.min(left, SILENCE))))
  }
  link.samples += lost
  const end = reading.before + link.samples / link.rate
  const last = reading.damaged.at(-1)
  if (last && start - last.end < ONE_STRETCH) last.end = end
  else reading.damaged.push({ start, end })
}

function finish(reading: Reading): Float32Array {
  endLink(reading)
  if (reading.heardSeconds < MIN_SECONDS) {
    throw new AlignError(
      'AUDIO_TOO_SHORT',
      `Expected at least ${MIN_SECONDS} s of audio, got ${reading.heardSeconds.toFixed(3)} s`,
    )
  }
  if (reading.broken > reading.heard * MAX_BROKEN_SHARE) {
    const percent = ((100 * reading.broken) / reading.heard).toFixed(1)
    throw new AlignError(
      'AUDIO_UNREADABLE',
      `Expected numbers as samples, got ${percent} % NaN or infinite ones`,
    )
  }
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
