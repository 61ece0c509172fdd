import type { MonoPcm, Pcm } from '../types.ts'

/** Below this share of the channels' energy, their mean counts as cancelled out (20 dB down). */
const CANCELLED = 0.01

/**
 * Averages all channels into one. Where they cancel each other out (stereo with one side inverted), the louder
 * channel stands in for the mean. Cost: O(samples * channels).
 */
export function toMono(pcm: Pcm): MonoPcm {
  return { samples: createDownmix()(pcm.channels), sampleRate: pcm.sampleRate }
}

/** As {@link toMono}, piece by piece: a channel that stands in goes on doing so for as long as the others cancel. */
export function createDownmix(): (channels: Float32Array[]) => Float32Array {
  let standIn: number | undefined
  return (channels) => {
    if (channels.length === 1) return channels[0]!
    const mean = new Float32Array(channels[0]!.length)
    const energies = channels.map((channel) => addTo(mean, channel))
    const energyOfMean = scale(mean, 1 / channels.length)
    const total = energies.reduce((sum, energy) => sum + energy, 0) / channels.length
    if (!(energyOfMean < total * CANCELLED)) {
      // Silence says nothing about the channels, so it does not change who stands in.
      if (total > 0) standIn = undefined
      return mean
    }
    standIn ??= energies.indexOf(Math.max(...energies))
    return channels[standIn] ?? mean
  }
}

/** @returns the energy of what was added */
function addTo(sum: Float32Array, samples: Float32Array): number {
  let energy = 0
  for (let i = 0; i < sum.length; i++) {
    const sample = samples[i]!
    sum[i]! += sample
    energy += sample * sample
  }
  return energy
}

/** @returns the energy of the scaled samples */
function scale(samples: Float32Array, factor: number): number {
  let energy = 0
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i]! * factor
    samples[i] = sample
    energy += sample * sample
  }
  return energy
}
