import { join } from './join.ts'
import type { PcmChunk } from './pcm.ts'

/** Samples per channel that are gathered before they go on. */
const CHUNK_SAMPLES = 32_768

/**
 * Puts what a decoder gives in its place: sound behind sound, and silence where something is lost. Positions are samples
 * per channel from the start of what this decoder gave. `read` is the share of the file read so far, [0, 1].
 */
export type Timeline = {
  position(): number
  sound(channels: Float32Array[], read: number): Iterable<PcmChunk>
  /** So many samples that are lost. */
  silence(samples: number, read: number): Iterable<PcmChunk>
  /** What is lost up to a position; nothing where that is behind. */
  silenceTo(position: number, read: number): Iterable<PcmChunk>
  /** What is still gathered. */
  end(): Iterable<PcmChunk>
}

/** A timeline at this rate, Hz. */
export function createTimeline(sampleRate: number): Timeline {
  let position = 0
  let gathered: Float32Array[][] = []
  let samples = 0
  let lastRead = 0

  function* flush(): Iterable<PcmChunk> {
    if (samples === 0) return
    const channels = gathered[0]!.map((_, channel) =>
      // Where the number of channels changes on the way, the first one stands in for those that are gone.
      join(gathered.map((piece) => piece[channel] ?? piece[0]!)),
    )
    gathered = []
    samples = 0
    yield { channels, sampleRate, read: lastRead }
  }

  function* sound(channels: Float32Array[], read: number): Iterable<PcmChunk> {
    const length = channels[0]?.length ?? 0
    lastRead = Math.max(lastRead, read)
    if (length === 0) return
    gathered.push(channels)
    samples += length
    position += length
    if (samples >= CHUNK_SAMPLES) yield* flush()
  }

  function* silence(lost: number, read: number): Iterable<PcmChunk> {
    if (!(lost > 0)) return
    yield* flush()
    lastRead = Math.max(lastRead, read)
    position += lost
    yield { lost, sampleRate, read: lastRead }
  }

  return {
    position: () => position,
    sound,
    silence,
    silenceTo: (to, read) => silence(to - position, read),
    end: flush,
  }
}
