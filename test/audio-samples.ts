/** Audio made for tests: tones, clicks, silence, and WAV files of them. Times in seconds, samples in [-1, 1]. */

/** A sine wave. */
export function tone(hertz: number, seconds: number, sampleRate: number, level = 0.5): Float32Array {
  const step = (2 * Math.PI * hertz) / sampleRate
  return Float32Array.from({ length: Math.round(seconds * sampleRate) }, (_, i) => level * Math.sin(step * i))
}

export function silence(seconds: number, sampleRate: number): Float32Array {
  return new Float32Array(Math.round(seconds * sampleRate))
}

/** Silence but for one sample at full scale, at `at` seconds. */
export function impulse(at: number, seconds: number, sampleRate: number): Float32Array {
  const samples = silence(seconds, sampleRate)
  samples[Math.round(at * sampleRate)] = 1
  return samples
}

/** Noise that is the same in every run. */
export function noise(seconds: number, sampleRate: number, level = 0.5): Float32Array {
  let state = 12_345
  return Float32Array.from({ length: Math.round(seconds * sampleRate) }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return level * ((state >> 8) / 0x3fffff - 1)
  })
}

export type WavEncoding = {
  /** 8, 16, 24 or 32 for whole numbers, 32 or 64 for floats. */
  bits?: number
  float?: boolean
  /** Whether the format chunk is a WAVE_FORMAT_EXTENSIBLE one. */
  extensible?: boolean
  /** A chunk before the data, of an odd length where this is odd. */
  extraBytes?: number
}

/** Encodes channels of one length as a WAV file, 16 bits where nothing else is asked for. */
export function encodeWav(
  channels: Float32Array[],
  sampleRate: number,
  { bits = 16, float = false, extensible = false, extraBytes = 0 }: WavEncoding = {},
): Uint8Array {
  const data = samplesOf(channels, bits, float)
  const format = formatOf(channels.length, sampleRate, bits, float, extensible)
  const extra = extraBytes > 0 ? chunk('LIST', Buffer.alloc(extraBytes, 1)) : Buffer.alloc(0)
  const body = Buffer.concat([Buffer.from('WAVE'), chunk('fmt ', format), extra, chunk('data', data)])
  return new Uint8Array(chunk('RIFF', body))
}

function chunk(id: string, body: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32LE(body.length)
  return Buffer.concat([Buffer.from(id), size, body, Buffer.alloc(body.length % 2)])
}

function formatOf(
  channels: number,
  sampleRate: number,
  bits: number,
  float: boolean,
  extensible: boolean,
): Buffer {
  const kind = float ? 3 : 1
  const frame = (channels * bits) / 8
  const format = Buffer.alloc(extensible ? 40 : 16)
  format.writeUInt16LE(extensible ? 0xfffe : kind, 0)
  format.writeUInt16LE(channels, 2)
  format.writeUInt32LE(sampleRate, 4)
  format.writeUInt32LE(sampleRate * frame, 8)
  format.writeUInt16LE(frame, 12)
  format.writeUInt16LE(bits, 14)
  if (extensible) {
    format.writeUInt16LE(22, 16) // bytes that follow
    format.writeUInt16LE(bits, 18) // valid bits
    format.writeUInt16LE(kind, 24)
    format.write('000000001000800000aa00389b71', 26, 'hex')
  }
  return format
}

function samplesOf(channels: Float32Array[], bits: number, float: boolean): Buffer {
  const length = channels[0]!.length
  const bytes = bits / 8
  const data = Buffer.alloc(length * channels.length * bytes)
  const write = writerOf(data, bits, float)
  let offset = 0
  for (let i = 0; i < length; i++) {
    for (const samples of channels) {
      write(samples[i]!, offset)
      offset += bytes
    }
  }
  return data
}

function writerOf(data: Buffer, bits: number, float: boolean): (sample: number, offset: number) => void {
  if (float) return bits === 64 ? (x, at) => data.writeDoubleLE(x, at) : (x, at) => data.writeFloatLE(x, at)
  const scale = 2 ** (bits - 1)
  const whole = (x: number) => Math.max(-scale, Math.min(scale - 1, Math.round(x * scale)))
  if (bits === 8) return (x, at) => data.writeUInt8(whole(x) + 128, at)
  return (x, at) => data.writeIntLE(whole(x), at, bits / 8)
}
