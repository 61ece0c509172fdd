import type { SpeexModule } from '@echogarden/speex-resampler-wasm/simd'
import { AlignError } from '../errors.ts'
import type { MonoPcm } from '../types.ts'
import { join } from './join.ts'

/**
 * The bandwidth kept below half the lower rate, as measured from 44.1 to 16 kHz: `fast` falls by 0.2 dB at 7 kHz and 11 dB
 * at 7.5 kHz, `medium` by 2 dB and `best` by less than 0.1 dB at 7.5 kHz. Aliases are over 100 dB down in all.
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

/** Speex's own scale, from 0 to 10. */
const QUALITIES = { fast: 5, medium: 7, best: 10 } as const

/** What is taken, Hz. */
const MIN_RATE = 1000
const MAX_RATE = 192_000

/** Samples per call. */
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
  if (!(from >= MIN_RATE && from <= MAX_RATE)) {
    throw new AlignError(
      'AUDIO_UNREADABLE',
      `Expected a sample rate of ${MIN_RATE} to ${MAX_RATE} Hz, got ${from}`,
    )
  }
  if (from === to) return passThrough()
  const converter = openConverter(await speex(), from, to, QUALITIES[quality])
  let taken = 0
  let given = 0

  const convert = (samples: Float32Array): Float32Array => {
    const pieces: Float32Array[] = []
    for (let start = 0; start < samples.length; start += MAX_PIECE) {
      pieces.push(converter.convert(samples.subarray(start, start + MAX_PIECE)))
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
    free: converter.free,
  }
}

let loading: Promise<SpeexModule> | undefined

/** Once for each thread; loaded when it is first needed, so that it does not lie on the main thread. */
function speex(): Promise<SpeexModule> {
  loading ??= import('@echogarden/speex-resampler-wasm/simd').then((module) => module.default())
  return loading
}

type Converter = { convert(piece: Float32Array): Float32Array; free(): void }

/** A converter of Speex's own, with memory for what goes in and comes out. */
function openConverter(module: SpeexModule, from: number, to: number, quality: number): Converter {
  // Every input sample may give to / from samples; a few are held back and come later.
  const room = Math.ceil((MAX_PIECE * to) / from) + 1
  const counts = module._malloc(3 * Uint32Array.BYTES_PER_ELEMENT)
  const [inCount, outCount, failure] = [counts, counts + 4, counts + 8]
  const input = module._malloc(MAX_PIECE * Float32Array.BYTES_PER_ELEMENT)
  const output = module._malloc(room * Float32Array.BYTES_PER_ELEMENT)
  const state = module._speex_resampler_init(1, from, to, quality, failure)
  try {
    check(module.HEAPU32[failure >> 2]!)
    // Without the silence that the filter begins with, a sound stays in its place.
    check(module._speex_resampler_skip_zeros(state))
  } catch (error) {
    free()
    throw error
  }

  function check(code: number): void {
    if (code !== 0) throw new Error(`Expected Speex to resample ${from} to ${to} Hz, got its error ${code}`)
  }

  function free(): void {
    if (state !== 0) module._speex_resampler_destroy(state)
    for (const pointer of [counts, input, output]) module._free(pointer)
  }

  return {
    convert(piece) {
      // The views are asked for anew: the memory may have grown.
      module.HEAPF32.set(piece, input >> 2)
      module.HEAPU32[inCount >> 2] = piece.length
      module.HEAPU32[outCount >> 2] = room
      check(module._speex_resampler_process_float(state, 0, input, inCount, output, outCount))
      const left = piece.length - module.HEAPU32[inCount >> 2]!
      if (left > 0) throw new Error(`Expected Speex to take ${piece.length} samples, it left ${left}`)
      return module.HEAPF32.slice(output >> 2, (output >> 2) + module.HEAPU32[outCount >> 2]!)
    },
    free,
  }
}

/** The filter holds back what it still needs the future for: silence brings it out. */
function restOf(length: number, convertSilence: () => Float32Array): Float32Array {
  const pieces: Float32Array[] = []
  for (let have = 0; have < length; have += pieces.at(-1)!.length) pieces.push(convertSilence())
  return join(pieces).subarray(0, length)
}

function passThrough(): Resampler {
  return { push: (samples) => samples, finish: () => new Float32Array(0), free: () => undefined }
}
