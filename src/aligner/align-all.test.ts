import { expect, test } from 'vitest'
import { AlignError } from '../errors.ts'
import type { Alignment } from '../types.ts'
import { alignAll, type SongResult } from './align-all.ts'
import type { Aligner } from './aligner.ts'

/** Answers with the lyrics as the language; those that hold a code fail with it. */
const aligner = {
  align: async (_, lyrics, options) => {
    if (lyrics === 'odd') throw new TypeError('not ours')
    if (lyrics === 'long') throw new AlignError('AUDIO_TOO_LONG', 'Expected less')
    options?.onProgress?.({ stage: 'listening', fraction: 0.5 })
    return { language: options?.language ?? lyrics } as Alignment
  },
  status: () => ({ maxConcurrent: 2 }),
} as Pick<Aligner, 'align'> & { status: () => { maxConcurrent: number } } as Pick<Aligner, 'align' | 'status'>

type Named = { name: string; source: string; lyrics: string; options?: { language: string } }

function songs(...lyrics: string[]): Named[] {
  return lyrics.map((each, i) => ({ name: `${i}`, source: 'a.mp3', lyrics: each }))
}

test('every song comes once with its alignment or its error, and keeps what its owner put with it', async () => {
  const results: SongResult<Named>[] = []
  for await (const result of alignAll(aligner, songs('a', 'long', 'odd', 'b'))) results.push(result)
  const told = results.map(({ song, alignment, error }) => [song.name, alignment?.language ?? error?.code])
  expect(told.sort()).toEqual([
    ['0', 'a'],
    ['1', 'AUDIO_TOO_LONG'],
    ['2', 'ALIGNMENT_FAILED'],
    ['3', 'b'],
  ])
})

test('a song may have options of its own, and progress says whose it is', async () => {
  const [song] = songs('a') as [Named]
  const told: string[] = []
  const onProgress = (each: Named, { stage }: { stage: string }) => told.push(`${each.name} ${stage}`)
  for await (const { alignment } of alignAll(aligner, [{ ...song, options: { language: 'de' } }], {
    onProgress,
  }))
    expect(alignment!.language).toBe('de')
  expect(told).toEqual(['0 listening'])
})

test('a signal ends it with CANCELLED, jobs that are none are refused', async () => {
  const signal = AbortSignal.abort()
  await expect(alignAll(aligner, songs('a'), { signal }).next()).rejects.toMatchObject({ code: 'CANCELLED' })
  await expect(alignAll(aligner, songs('a'), { jobs: 0 }).next()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  })
})
