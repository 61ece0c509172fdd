import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeWav, noise } from '../../test/audio-samples.ts'
import type { Track } from '../engine/tasks.ts'
import { MAX_LYRIC_LINES } from '../lyrics/size.ts'
import type { Progress } from '../types.ts'
import type { Pool, RunHooks } from './pool.ts'
import { createProcessPool } from './processes.ts'
import { createPool } from './threads.ts'

const here = createRequire(import.meta.url)
const LONG = encodeWav([noise(250, 8000)], 8000)
const LINE = 'Amazing grace how sweet the sound'
// Kanji that the Japanese dictionary has to look up, in every line: seconds of work before any audio is read.
const MANY_LINES = `${'彼女は東京特許許可局の前で待っている'}\n`.repeat(MAX_LYRIC_LINES - 1)

describe.each([
  ['thread', createPool],
  ['process', createProcessPool],
] as const)('a track in a %s of its own', (_, create) => {
  let pool: Pool

  beforeAll(async () => {
    const embeddedPath = dirname(here.resolve('#embedded-model/manifest.json'))
    pool = await create(here.resolve('#worker'), { embeddedPath, threads: 1, shareWeights: false }, 1)
  })

  afterAll(() => pool.close())

  function run(hooks: RunHooks, lyrics = LINE, bytes = LONG) {
    // In which languages the recording was asked for; one line is too little to tell.
    const asked: string[] = []
    const material: Track['material'] = async (language) => {
      asked.push(language)
      return { bytes }
    }
    const work = pool.run(
      { lyrics, language: 'auto', structure: 'strict', maxAudioSeconds: 300, material },
      hooks,
    )
    return { work, asked }
  }

  test('gives its worker back within one window when it is cancelled, wherever it is', async () => {
    for (const [stage, at] of [
      ['decoding', 0],
      ['listening', 0],
      ['listening', 0.3],
    ] as const) {
      const controller = new AbortController()
      let after = 0
      const onProgress = (progress: Progress) => {
        if (controller.signal.aborted && progress.stage === 'listening') after++
        if (progress.stage === stage && progress.fraction > at) controller.abort()
      }
      const { work, asked } = run({ signal: controller.signal, onProgress })
      await expect(work).rejects.toMatchObject({ code: 'CANCELLED' })
      // Windows that were under way when the word reached the worker; of some twenty.
      expect(after).toBeLessThanOrEqual(2)
      expect(asked).toEqual([''])
    }
  })

  test('is cancelled while its lyrics are read, before its recording is asked for', async () => {
    const controller = new AbortController()
    const { work, asked } = run(
      { signal: controller.signal, onStart: () => setTimeout(() => controller.abort(), 20) },
      MANY_LINES,
    )
    await expect(work).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(asked).toEqual([])
  })

  test('of lyrics without a sung line is refused before its recording is asked for', async () => {
    const { work, asked } = run({}, '[Verse]\n(Chorus)\n副歌')
    await expect(work).rejects.toMatchObject({
      code: 'LYRICS_EMPTY',
      message: expect.stringContaining('only section markers'),
    })
    expect(asked).toEqual([])
  })

  test('does not begin where it is cancelled before', async () => {
    const seen: Progress[] = []
    const { work, asked } = run({ signal: AbortSignal.abort(), onProgress: (step) => seen.push(step) })
    await expect(work).rejects.toMatchObject({ code: 'CANCELLED' })
    expect([seen, asked]).toEqual([[], []])
  })
})
