import wav from 'wav-decoder'
import { AlignError } from '../errors.ts'
import type { Pcm } from '../types.ts'

/**
 * A piece of a recording: sound of at most a few seconds, or so many samples that are lost, `lost`, of which there may be
 * any number. `read` is the share of the file read so far, [0, 1].
 */
export type PcmChunk = (Pcm | { lost: number; sampleRate: number }) & { read: number }

/** How uncompressed samples lie in the file, interleaved by channel. */
export type PcmLayout = {
  channels: number
  sampleRate: number
  /** Bits of one sample as stored: 8, 16, 24 or 32 for whole numbers, 32 or 64 for floats. */
  bits: number
  float: boolean
  littleEndian: boolean
  /** Whether 8-bit samples are signed, as in AIFF; WAV has them unsigned. */
  signedBytes: boolean
  /** Where the samples start and end in the file, bytes. */
  start: number
  end: number
  /** Where they ended before the file was cut short, by the file's own word: at `end`, or behind the end of the file. */
  told: number
}

const FRAMES_PER_SLICE = 32_768
const MAX_CHANNELS = 64
const WAV_HEADER = 44
const WAV_INTEGER = 1
const WAV_FLOAT = 3

/** Decodes uncompressed samples slice by slice: each slice becomes a small WAV file of its own for wav-decoder. */
export async function* decodePcm(bytes: Uint8Array, layout: PcmLayout): AsyncGenerator<PcmChunk> {
  checkLayout(layout)
  const frame = (layout.bits / 8) * layout.channels
  const frames = Math.floor((layout.end - layout.start) / frame)
  for (let first = 0; first < frames; first += FRAMES_PER_SLICE) {
    const past = Math.min(frames, first + FRAMES_PER_SLICE)
    // A copy: slice() of a Buffer would be a view on the caller's bytes.
    const slice = new Uint8Array(bytes.subarray(layout.start + first * frame, layout.start + past * frame))
    const { channelData } = wav.decode.sync(asWav(toLittleEndian(slice, layout), layout))
    yield { channels: channelData, sampleRate: layout.sampleRate, read: past / frames }
  }
  const lost = Math.floor((layout.told - layout.start) / frame) - frames
  if (lost > 0) yield { lost, sampleRate: layout.sampleRate, read: 1 }
}

/** The length of uncompressed samples, seconds. */
export function pcmSeconds({ start, told, channels, bits, sampleRate }: PcmLayout): number {
  return (told - start) / ((channels * bits) / 8) / sampleRate
}

/** Every number of a header may be anything: each is compared so that NaN fails too. */
function checkLayout({ channels, sampleRate, bits, float, start, end }: PcmLayout): void {
  if (!(sampleRate >= 1) || !Number.isFinite(sampleRate)) {
    throw new AlignError('AUDIO_UNREADABLE', `Expected a sample rate of at least 1 Hz, got ${sampleRate}`)
  }
  if (!(start >= 0) || !(end >= 0)) {
    throw new AlignError('AUDIO_UNREADABLE', 'Expected samples within the file, got a position outside of it')
  }
  if (!(channels >= 1 && channels <= MAX_CHANNELS)) {
    throw new AlignError('AUDIO_UNREADABLE', `Expected 1 to ${MAX_CHANNELS} channels, got ${channels}`)
  }
  if (!(float ? [32, 64] : [8, 16, 24, 32]).includes(bits)) {
    const expected = float ? '32 or 64 bit floats' : '8, 16, 24 or 32 bit samples'
    throw new AlignError('AUDIO_UNREADABLE', `Expected ${expected}, got ${bits} bits`)
  }
}

/** Works on the slice itself, which is a copy of ours. */
function toLittleEndian(slice: Uint8Array, { bits, littleEndian, signedBytes }: PcmLayout): Uint8Array {
  const buffer = Buffer.from(slice.buffer)
  if (bits === 24) return widen(buffer, littleEndian)
  if (bits === 8 && signedBytes) for (let i = 0; i < slice.length; i++) slice[i]! ^= 0x80
  if (!littleEndian && bits === 16) buffer.swap16()
  if (!littleEndian && bits === 32) buffer.swap32()
  if (!littleEndian && bits === 64) buffer.swap64()
  return slice
}

/** 24 to 32 bits: wav-decoder 1.3.0 reads the lowest 24-bit sample, common in loud masters, as the highest. */
function widen(slice: Buffer, littleEndian: boolean): Uint8Array {
  const wide = new Uint8Array((slice.length / 3) * 4)
  for (let from = 0, to = 0; from < slice.length; from += 3, to += 4) {
    wide[to + 1] = slice[littleEndian ? from : from + 2]!
    wide[to + 2] = slice[from + 1]!
    wide[to + 3] = slice[littleEndian ? from + 2 : from]!
  }
  return wide
}

function asWav(samples: Uint8Array, { channels, sampleRate, bits, float }: PcmLayout): ArrayBuffer {
  const stored = bits === 24 ? 32 : bits
  const file = Buffer.from(new ArrayBuffer(WAV_HEADER + samples.length))
  file.write('RIFF', 0, 'latin1')
  file.writeUInt32LE(WAV_HEADER - 8 + samples.length, 4)
  file.write('WAVEfmt ', 8, 'latin1')
  file.writeUInt32LE(16, 16) // size of the format chunk
  file.writeUInt16LE(float ? WAV_FLOAT : WAV_INTEGER, 20)
  file.writeUInt16LE(channels, 22)
  file.writeUInt32LE(sampleRate, 24)
  file.writeUInt32LE((sampleRate * channels * stored) / 8, 28)
  file.writeUInt16LE((channels * stored) / 8, 32)
  file.writeUInt16LE(stored, 34)
  file.write('data', 36, 'latin1')
  file.writeUInt32LE(samples.length, 40)
  file.set(samples, WAV_HEADER)
  return file.buffer as ArrayBuffer
}
