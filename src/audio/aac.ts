import { AlignError } from '../errors.ts'
import type { Decoded } from './decoders.ts'
import { mp4FrameCount } from './mp4.ts'
import type { PcmChunk } from './pcm.ts'

const PACKAGE = '@audio/decode-aac'

/** Bytes per step; a frame of AAC has at least 8 bytes and gives at most 2048 samples a channel. */
const STEP_BYTES = 4096

/** No AAC frame is shorter than this: 1024 samples at 96 kHz. Seconds. */
const SHORTEST_FRAME = 1024 / 96_000

type AacDecoder = { decode(bytes: Uint8Array): Partial<Decoded>; flush(): Partial<Decoded>; free(): void }
type AacPackage = { decoder(): Promise<AacDecoder> }

/** Decodes AAC (ADTS) and MP4 holding AAC or ALAC, where the user has added the decoder: see {@link loadAac}. */
export async function* decodeAac(bytes: Uint8Array, maxSeconds: number): AsyncGenerator<PcmChunk> {
  const { decoder: create } = await loadAac()
  // A file whose tables stand at its end comes out in one go, so its frames are counted before.
  if (mp4FrameCount(bytes) * SHORTEST_FRAME > maxSeconds) {
    throw new AlignError(
      'AUDIO_TOO_LONG',
      `Expected at most ${maxSeconds} s of audio, got more than ${maxSeconds} s`,
    )
  }
  const decoder = await create()
  try {
    for (let start = 0; start < bytes.length; start += STEP_BYTES) {
      const end = Math.min(bytes.length, start + STEP_BYTES)
      const { channelData = [], sampleRate = 0 } = decoder.decode(bytes.subarray(start, end))
      if (channelData.length > 0) yield { channels: channelData, sampleRate, read: end / bytes.length }
    }
  } finally {
    decoder.free()
  }
}

/** The only AAC decoder there is for both runtimes is under the GPL, so it is the user's to add and never comes with us. */
async function loadAac(): Promise<AacPackage> {
  try {
    return (await import(PACKAGE)) as AacPackage
  } catch (cause) {
    throw new AlignError(
      'AUDIO_UNREADABLE',
      'Expected WAV, AIFF, MP3, FLAC, Ogg Vorbis or Opus, got AAC or MP4 (M4A), whose decoder is not installed. ' +
        `To read it, run "npm install ${PACKAGE}" (or "bun add ${PACKAGE}"), which is under the GPL-2.0 licence; ` +
        'or convert the file, as in "ffmpeg -i song.m4a song.flac".',
      { cause },
    )
  }
}
