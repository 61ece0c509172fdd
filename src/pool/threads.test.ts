import { createHash, randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import type { Track, WorkerSetup } from '../engine/tasks.ts'
import { AlignError } from '../errors.ts'
import type { Progress } from '../types.ts'
import type { Pool } from './pool.ts'
import { createProcessPool } from './processes.ts'
import { createPool } from './threads.ts'

const worker = fileURLToPath(new URL('../../test/fixtures/moody-worker.mjs', import.meta.url))
const pools: Pool[] = []

afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close()
})

const setup = (modelPath: string): WorkerSetup => ({
  modelPath,
  embeddedPath: '',
  threads: 1,
  shareWeights: false,
})

function task(
  lyrics: string,
  material: Track['material'] = async () => ({ bytes: new Uint8Array(8) }),
): Track {
  return { lyrics, language: 'en', structure: 'strict', maxAudioSeconds: 300, material }
}

test('the worker file refuses require(): a thread that is ended inside it would end the process', () => {
  const here = createRequire(import.meta.url)
  expect(() => here(here.resolve('#worker'))).toThrow(/async|await|ES Module/)
})

describe.each([
  ['threads', createPool],
  ['processes', createProcessPool],
] as const)('a pool of %s', (_, create) => {
  async function start(size: number, modelPath = 'fine'): Promise<Pool> {
    const pool = await create(worker, setup(modelPath), size)
    pools.push(pool)
    return pool
  }

  test('is ready when every thread has loaded, and says which model', async () => {
    const pool = await start(3)
    expect(pool.model).toEqual({ name: 'moody', version: '1', engine: 'ctc' })
    const answers = await Promise.all(['a', 'b', 'c'].map((lyrics) => pool.run(task(lyrics))))
    expect(answers).toEqual(['a', 'b', 'c'].map((echo) => expect.objectContaining({ echo, bytes: 8 })))
  })

  test('a model that does not load rejects with the reason', async () => {
    await expect(start(2, 'broken')).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: 'no such model',
    })
  })

  test('a worker file that cannot be loaded rejects instead of hanging', async () => {
    await expect(create('/nowhere/worker.mjs', setup('fine'), 2)).rejects.toThrow()
  })

  test('a worker that dies fails its own task alone, and is replaced', async () => {
    const pool = await start(2)
    const controller = new AbortController()
    const stopped = pool.run(task('wait'), { signal: controller.signal })
    await expect(pool.run(task('die'))).rejects.toMatchObject({ code: 'ALIGNMENT_FAILED', retryable: true })
    expect(await pool.run(task('again'))).toMatchObject({ echo: 'again' })
    controller.abort()
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' })
    const both = await Promise.all([pool.run(task('x')), pool.run(task('y'))])
    expect(both).toHaveLength(2)
  })

  test('ten deaths in a row leave a pool that works', async () => {
    const pool = await start(1)
    for (let i = 0; i < 10; i++) {
      await expect(pool.run(task('die'))).rejects.toMatchObject({ code: 'ALIGNMENT_FAILED' })
      expect(await pool.run(task('alive'))).toMatchObject({ echo: 'alive' })
    }
  })

  test('code that never waits is cancelled too', async () => {
    const pool = await start(1)
    const controller = new AbortController()
    const work = pool.run(task('spin'), { signal: controller.signal, onStart: () => controller.abort() })
    await expect(work).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await pool.run(task('after'))).toMatchObject({ echo: 'after' })
  })

  test('the recording is asked for in the language of the lyrics, and stays with its owner', async () => {
    const pool = await start(1)
    const all = new Uint8Array(1000).fill(7)
    const heard = {
      logProbs: new Float32Array([1, 2]),
      frames: 2,
      duration: 1,
      voice: new Float32Array([0, 1]),
    }
    const asked: string[] = []
    const material = async (language: string) => {
      asked.push(language)
      return { bytes: all.subarray(10, 20), heard }
    }
    expect(await pool.run(task('x', material))).toMatchObject({ bytes: 10, heard })
    expect(asked).toEqual(['en'])
    expect([all.length, heard.logProbs.length, heard.voice.length]).toEqual([1000, 2, 2])
  })

  test.each([0, 1, 1024 * 1024, 9 * 1024 * 1024 + 7])(
    'a recording of %i bytes arrives whole',
    async (size) => {
      const pool = await start(1)
      // A part of a larger array, as a file in a form is.
      const bytes = randomBytes(size + 64).subarray(32, 32 + size)
      const digest = createHash('sha256').update(bytes).digest('hex')
      const material = async () => ({ bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, size) })
      expect(await pool.run(task('x', material))).toMatchObject({ bytes: size, digest })
    },
  )

  test('a recording that cannot be given fails its track alone', async () => {
    const pool = await start(1)
    const material = () => Promise.reject(new AlignError('AUDIO_FETCH_FAILED', 'gone'))
    await expect(pool.run(task('x', material))).rejects.toMatchObject({
      code: 'AUDIO_FETCH_FAILED',
      message: 'gone',
    })
    expect(await pool.run(task('y'))).toMatchObject({ echo: 'y' })
  })

  test('who cancels need not wait for a recording that does not come', async () => {
    const pool = await start(1)
    const controller = new AbortController()
    const material = () => {
      controller.abort()
      return new Promise<never>(() => {})
    }
    const work = pool.run(task('x', material), { signal: controller.signal })
    await expect(work).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await pool.run(task('y'))).toMatchObject({ echo: 'y' })
  })

  test('all progress is told before the run settles, and none after', async () => {
    const pool = await start(1)
    const seen: Progress[] = []
    await pool.run(task('creep 3'), { onProgress: (step) => seen.push(step) })
    expect(seen.map(({ fraction }) => fraction)).toEqual([0, 1 / 3, 2 / 3])
    await pool.run(task('creep 1'))
    expect(seen).toHaveLength(3)
  })
})
