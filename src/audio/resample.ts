import libsamplerate from '@alexanderolsen/libsamplerate-js'
import { AlignError } from '../errors.ts'
import type { MonoPcm } from '../types.ts'
import { join } from './join.ts'

const { create, ConverterType } = libsamplerate

/**
 * The bandwidth kept below half the lower rate, as measured from 44.1 to 16 kHz: `fast` falls by 0.5 dB at 6 kHz and
 * 14 dB at 7 kHz, `medium` by 0.3 dB at 7 kHz, `best` by 0.3 dB at 7.6 kHz. Aliases are over 100 dB down in all.
 */
export type ResampleQuality = 'fast' | 'medium' | 'best'

export type ResampleOptions = { quality?: ResampleQuality }

/** Resamples piece by piece; the pieces joined are the same whatever their sizes. */
export type Resampler = {
  push(samples: Float32Array): Float32Array
  /** The rest: afterwards round(samples * to / from) samples have come out. */
  finish(): Float32Array
  /** Gives the memory back; call it whether finished or not. */
  free(): void
}

const CONVERTERS = {
  fast: ConverterType.SRC_SINC_FASTEST,
  medium: ConverterType.SRC_SINC_MEDIUM_QUALITY,
  best: ConverterType.SRC_SINC_BEST_QUALITY,
} as const

/** What libsamplerate takes, Hz. */
const MIN_RATE = 1000
const MAX_RATE = 192_000

/** Samples per call: its buffer holds 4 MB of what goes in and of what comes out. */
const MAX_PIECE = 32_768

/** Resamples with a band-limited filter. No delay: a sound at t stays at t. Cost: O(samples). */
export async function resample(pcm: MonoPcm, rate: number, options: ResampleOptions = {}): Promise<MonoPcm> {
  const resampler = await createResampler(pcm.sampleRate, rate, options)
  try {
    return { samples: join([resampler.push(pcm.samples), resampler.finish()]), sampleRate: rate }
  } finally {
    resampler.free()
  }
}

/** As {@link resample}, for audio that comes in pieces. Rates in Hz. */
export async function createResampler(
  from: number,
  to: number,
  { quality = 'medium' }: ResampleOptions = {},
): Promise<Resampler> {
  if (from < MIN_RATE || from > MAX_RATE) {
    throw new AlignError(
      'AUDIO_UNREADABLE',
      `Expected a sample rate of ${MIN_RATE} to ${MAX_RATE} Hz, got ${from}`,
    )
  }
  if (from === to) return passThrough()
  const converter = await create(1, from, to, { converterType: CONVERTERS[quality] })
  let taken = 0
  let given = 0

  const convert = (samples: Float32Array): Float32Array => {
    const pieces: Float32Array[] = []
    for (let start = 0; start < samples.length; start += MAX_PIECE) {
      pieces.push(converter.full(samples.subarray(start, start + MAX_PIECE)))
    }
    return join(pieces)
  }

  return {
    push(samples) {
      taken += samples.length
      const out = convert(samples)
      given += out.length
      return out
    },
    finish() {
      const rest = Math.max(0, Math.round((taken * to) / from) - given)
      return restOf(rest, () => convert(new Float32Array(MAX_PIECE)))
    },
    free() {
      converter.destroy()
    },
  }
}

/** libsamplerate holds back what its filter still needs the future for: silence brings it out. */
function restOf(length: number, convertSilence: () => Float32Array): Float32Array {
  const pieces: Float32Array[] = []
  for (let have = 0; have < length; have += pieces.at(-1)!.length) pieces.push(convertSilence())
  return join(pieces).subarray(0, length)
}

function passThrough(): Resampler {
  return { push: (samples) => samples, finish: () => new Float32Array(0), free: () => undefined }
}
