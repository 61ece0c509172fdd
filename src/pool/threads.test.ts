import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import type { AlignTask, WorkerSetup } from '../engine/tasks.ts'
import { createProcessPool } from './processes.ts'
import { createPool, type Pool } from './threads.ts'

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
  loading: new SharedArrayBuffer(4),
})

function task(lyrics: string): AlignTask {
  const cancel = new SharedArrayBuffer(4)
  return {
    kind: 'align',
    key: lyrics,
    bytes: new Uint8Array(8),
    lyrics,
    language: 'en',
    maxAudioSeconds: 300,
    cancel,
  }
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
    const waiting = task('wait')
    const stopped = pool.run(waiting)
    await expect(pool.run(task('die'))).rejects.toMatchObject({ code: 'ALIGNMENT_FAILED', retryable: true })
    expect(await pool.run(task('again'))).toMatchObject({ echo: 'again' })
    Atomics.store(new Int32Array(waiting.cancel), 0, 1)
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
})
