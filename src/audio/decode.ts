import { AlignError } from '../errors.ts'
import { decodeAac } from './aac.ts'
import { decodeAiff } from './aiff.ts'
import { decodeFlac, decodeMp3, decodeOgg } from './compressed.ts'
import type { PcmChunk } from './pcm.ts'
import { type AudioFormat, describeBytes, sniff } from './sniff.ts'
import { decodeWav } from './wav.ts'

type Decoder = (bytes: Uint8Array, maxSeconds: number) => AsyncGenerator<PcmChunk>

const DECODERS: Record<AudioFormat, { name: string; decode: Decoder }> = {
  wav: { name: 'WAV', decode: decodeWav },
  aiff: { name: 'AIFF', decode: decodeAiff },
  mp3: { name: 'MP3', decode: decodeMp3 },
  flac: { name: 'FLAC', decode: decodeFlac },
  'ogg-flac': { name: 'Ogg FLAC', decode: (bytes) => decodeOgg(bytes, 'flac') },
  vorbis: { name: 'Ogg Vorbis', decode: (bytes) => decodeOgg(bytes, 'oga') },
  opus: { name: 'Opus', decode: (bytes) => decodeOgg(bytes, 'opus') },
  aac: { name: 'AAC', decode: decodeAac },
  mp4: { name: 'MP4', decode: decodeAac },
}

/**
 * Decodes a recording piece by piece, by what its bytes are. Whoever reads the pieces counts them and may stop at any:
 * the decoder is freed then too.
 * @throws AlignError AUDIO_UNREADABLE
 */
export async function* decode(bytes: Uint8Array, maxSeconds: number): AsyncGenerator<PcmChunk> {
  const found = sniff(bytes)
  if (!found) {
    const got = await describeBytes(bytes)
    throw new AlignError('AUDIO_UNREADABLE', `Expected WAV, AIFF, MP3, FLAC, Ogg Vorbis or Opus, got ${got}`)
  }
  const { name, decode } = DECODERS[found.format]
  try {
    yield* decode(bytes.subarray(found.start), maxSeconds)
  } catch (error) {
    if (error instanceof AlignError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new AlignError('AUDIO_UNREADABLE', `Expected a readable ${name} file, got: ${reason}`, {
      cause: error,
    })
  }
}
