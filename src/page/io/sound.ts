import { Failure } from './failure.ts'

/** What is drawn of a recording: the least and the largest sample of every stretch, one after the other. */
export type Peaks = { values: Float32Array; duration: number }

const STRETCHES_PER_SECOND = 100
/** Enough to look at. */
const LOOK_RATE = 8000
/** What the models hear. */
const LISTEN_RATE = 16_000

/** Decodes with what the browser can, at the rate wanted. @throws Failure SOUND_UNREADABLE */
async function decoded(file: Blob, rate: number): Promise<AudioBuffer> {
  const context = new OfflineAudioContext(1, 1, rate)
  try {
    return await context.decodeAudioData(await file.arrayBuffer())
  } catch (cause) {
    throw new Failure('SOUND_UNREADABLE', 'This browser cannot decode the recording', { cause })
  }
}

/** The outline of a recording. @throws Failure SOUND_UNREADABLE */
export async function peaksOf(file: Blob): Promise<Peaks> {
  const buffer = await decoded(file, LOOK_RATE)
  return {
    values: outline(buffer.getChannelData(0), LOOK_RATE / STRETCHES_PER_SECOND),
    duration: buffer.duration,
  }
}

/** The least and the largest of every `size` samples. */
export function outline(samples: Float32Array, size: number): Float32Array {
  const count = Math.ceil(samples.length / size)
  const values = new Float32Array(2 * count)
  for (let i = 0; i < count; i++) {
    let [least, most] = [0, 0]
    for (let at = i * size; at < Math.min(samples.length, (i + 1) * size); at++) {
      const value = samples[at]!
      if (value < least) least = value
      else if (value > most) most = value
    }
    values[2 * i] = most
    values[2 * i + 1] = least
  }
  return values
}

/** What the service cannot decode, decoded here: as a WAV of one channel. @throws Failure SOUND_UNREADABLE */
export async function asWav(file: File): Promise<File> {
  const buffer = await decoded(file, LISTEN_RATE)
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, i) => buffer.getChannelData(i))
  const bytes = wavOf(channels, LISTEN_RATE)
  return new File([bytes], `${file.name.replace(/\.[^.]*$/, '')}.wav`, { type: 'audio/wav' })
}

/** 16 bit PCM, all channels averaged into one. */
export function wavOf(channels: readonly Float32Array[], rate: number): ArrayBuffer {
  const length = channels[0]?.length ?? 0
  const bytes = new ArrayBuffer(44 + 2 * length)
  const view = new DataView(bytes)
  const word = (at: number, text: string) => {
    for (let i = 0; i < 4; i++) view.setUint8(at + i, text.charCodeAt(i))
  }
  word(0, 'RIFF')
  view.setUint32(4, 36 + 2 * length, true)
  word(8, 'WAVE')
  word(12, 'fmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, rate, true)
  view.setUint32(28, 2 * rate, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  word(36, 'data')
  view.setUint32(40, 2 * length, true)
  for (let i = 0; i < length; i++) {
    let sum = 0
    for (const channel of channels) sum += channel[i]!
    const value = Math.max(-1, Math.min(1, sum / channels.length))
    view.setInt16(44 + 2 * i, Math.round(value * 32_767), true)
  }
  return bytes
}
