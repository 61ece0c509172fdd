import { AlignError, errorFromData, errorToData } from '../errors.ts'
import type { Alignment, AudioSource, Progress } from '../types.ts'
import type { Aligner } from './aligner.ts'
import { inLanes } from './lanes.ts'
import type { AlignOptions } from './options.ts'

/** One of many songs; `options` are those of align, without what belongs to all of them. */
export type Song = {
  source: AudioSource
  lyrics: string
  options?: Omit<AlignOptions, 'signal' | 'onProgress'>
}

/** What came of a song: its alignment, or why there is none. */
export type SongResult<S> =
  | { song: S; alignment: Alignment; error?: undefined }
  | { song: S; error: AlignError; alignment?: undefined }

export type AlignAllOptions<S> = {
  /** Songs under way at once; as many as the aligner runs where it is not given. */
  jobs?: number
  /** Ends it: the iterator rejects with CANCELLED. */
  signal?: AbortSignal
  onProgress?: (song: S, progress: Progress) => void
}

/**
 * Aligns many songs with the models of one aligner, and yields what came of each as soon as it is there, not in their order. A
 * song that fails ends no other. Songs are asked for one by one as places are free: the iterable may be endless, and where the
 * loop is left, what runs is cancelled.
 *
 * @example
 *     for await (const { song, alignment, error } of alignAll(aligner, songs)) {
 *       if (error) console.error(song.title, error.code)
 *       else await writeFile(`${song.title}.lrc`, toLrc(alignment))
 *     }
 *
 * @throws AlignError CANCELLED where the signal aborts; what the iterable throws
 */
export async function* alignAll<S extends Song>(
  aligner: Pick<Aligner, 'align' | 'status'>,
  songs: Iterable<S> | AsyncIterable<S>,
  { jobs = aligner.status().maxConcurrent, signal, onProgress }: AlignAllOptions<S> = {},
): AsyncGenerator<SongResult<S>, void, undefined> {
  const work = async (song: S, ended: AbortSignal): Promise<SongResult<S>> => {
    try {
      const more = onProgress && { onProgress: (progress: Progress) => onProgress(song, progress) }
      const { source, lyrics, options } = song
      return { song, alignment: await aligner.align(source, lyrics, { ...options, ...more, signal: ended }) }
    } catch (error) {
      return { song, error: asAlignError(error) }
    }
  }
  try {
    yield* inLanes(songs, lanesOf(jobs), work, signal)
  } catch (error) {
    throw signal?.aborted ? cancelled() : error
  }
}

/** @throws AlignError CONFIG_INVALID */
export function lanesOf(jobs: number): number {
  if (Number.isInteger(jobs) && jobs >= 1) return jobs
  throw new AlignError('CONFIG_INVALID', `Expected jobs to be a whole number from 1, got ${jobs}`)
}

/** What is thrown, as an error of ours. */
export function asAlignError(error: unknown): AlignError {
  return error instanceof AlignError ? error : errorFromData(errorToData(error))
}

function cancelled(): AlignError {
  return new AlignError('CANCELLED', 'The songs were cancelled by their caller')
}
