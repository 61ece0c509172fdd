import { AlignError } from '../errors.ts'
import { decodeAac } from './aac.ts'
import { decodeAiff } from './aiff.ts'
import { decodeFlac } from './flac.ts'
import { decodeMp3 } from './mp3.ts'
import { decodeOgg } from './ogg.ts'
import type { PcmChunk } from './pcm.ts'
import { type AudioFormat, describeBytes, sniff } from './sniff.ts'
import { decodeWav } from './wav.ts'

type Decoder = (bytes: Uint8Array, maxSeconds: number) => AsyncGenerator<PcmChunk>

const DECODERS: Record<AudioFormat, { name: string; decode: Decoder }> = {
  wav: { name: 'WAV', decode: decodeWav },
  aiff: { name: 'AIFF', decode: decodeAiff },
  mp3: { name: 'MP3', decode: decodeMp3 },
  flac: { name: 'FLAC', decode: decodeFlac },
  'ogg-flac': { name: 'Ogg FLAC', decode: decodeOgg },
  vorbis: { name: 'Ogg Vorbis', decode: decodeOgg },
  opus: { name: 'Opus', decode: decodeOgg },
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
    throw error instanceof AlignError ? error : failureOf(error, name)
  }
}

/** What the system refuses (files, memory) is no fault of the file. What is told shows nothing of this machine. */
function failureOf(cause: unknown, name: string): AlignError {
  return (cause as NodeJS.ErrnoException)?.errno === undefined
    ? new AlignError('AUDIO_UNREADABLE', `Expected a readable ${name} file, got one that stops its decoder`, {
        cause,
      })
    : new AlignError('ALIGNMENT_FAILED', `Expected the ${name} decoder to run, got an error of the system`, {
        cause,
      })
}
