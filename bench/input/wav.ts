const HEADER_BYTES = 44
const FRAME_BYTES = 4 // two channels of 16 bits

/** A WAV file, 16 bits, in which both channels repeat `samples` (in [-1, 1]) for as long as asked. */
export function stereoWav(samples: Float32Array, sampleRate: number, seconds: number): Uint8Array {
  const frames = Math.round(seconds * sampleRate)
  const file = Buffer.alloc(HEADER_BYTES + frames * FRAME_BYTES)
  writeHeader(file, sampleRate, file.length - HEADER_BYTES)
  const data = new Int16Array(file.buffer, file.byteOffset + HEADER_BYTES, frames * 2)
  for (let i = 0; i < frames; i++) {
    const sample = Math.round(32_767 * samples[i % samples.length]!)
    data[2 * i] = sample
    data[2 * i + 1] = sample
  }
  return file
}

/** The same WAV file with `bytes` that are no audio in front of its data, as large cover art would be. */
export function padWav(wav: Uint8Array, bytes: number): Uint8Array {
  const even = bytes + (bytes % 2)
  const padding = Buffer.alloc(8 + even)
  padding.write('junk', 0, 'latin1')
  padding.writeUInt32LE(even, 4)
  const beforeData = HEADER_BYTES - 8
  const file = Buffer.concat([wav.subarray(0, beforeData), padding, wav.subarray(beforeData)])
  file.writeUInt32LE(file.length - 8, 4)
  return file
}

/** The same sound to every ear, and other bytes: the lowest bits of the first samples of 16 bits count `number`. */
export function numberedWav(wav: Uint8Array, number: number): Uint8Array {
  const file = Buffer.from(wav)
  const samples = placeOfSamples(file)
  for (let bit = 0; bit < 16; bit++) {
    const at = samples + 2 * bit
    file[at] = (file[at]! & 0xfe) | ((number >> bit) & 1)
  }
  return file
}

/** Encoders put chunks of their own (LIST) before the one with the samples. */
function placeOfSamples(file: Buffer): number {
  const firstChunk = 12
  for (let at = firstChunk; at + 8 <= file.length; ) {
    const size = file.readUInt32LE(at + 4)
    if (file.toString('latin1', at, at + 4) === 'data') return at + 8
    at += 8 + size + (size % 2)
  }
  throw new Error('Expected a WAV file with a data chunk, got one without')
}

function writeHeader(file: Buffer, sampleRate: number, dataBytes: number): void {
  file.write('RIFF', 0, 'latin1')
  file.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4)
  file.write('WAVEfmt ', 8, 'latin1')
  file.writeUInt32LE(16, 16) // size of the format chunk
  file.writeUInt16LE(1, 20) // whole numbers
  file.writeUInt16LE(2, 22) // channels
  file.writeUInt32LE(sampleRate, 24)
  file.writeUInt32LE(sampleRate * FRAME_BYTES, 28)
  file.writeUInt16LE(FRAME_BYTES, 32)
  file.writeUInt16LE(16, 34) // bits
  file.write('data', 36, 'latin1')
  file.writeUInt32LE(dataBytes, 40)
}
