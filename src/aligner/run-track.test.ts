import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeWav, noise } from '../../test/audio-samples.ts'
import { createPool, type Pool } from '../pool/threads.ts'
import type { Progress } from '../types.ts'
import { runTrack } from './run-track.ts'

const here = createRequire(import.meta.url)
const LONG = encodeWav([noise(250, 8000)], 8000)

let pool: Pool

beforeAll(async () => {
  const setup = {
    embeddedPath: dirname(here.resolve('#embedded-model/manifest.json')),
    threads: 1,
    shareWeights: false,
    loading: new SharedArrayBuffer(4),
  }
  pool = await createPool(here.resolve('#worker'), setup, 1)
})

afterAll(() => pool.close())

function run(onProgress: (progress: Progress) => void, signal: AbortSignal) {
  const bytes = new Uint8Array(LONG)
  const track = {
    key: 'noise',
    bytes,
    lyrics: 'Amazing grace how sweet the sound',
    language: 'en',
    maxAudioSeconds: 300,
  }
  return runTrack(pool, track, { signal, onProgress })
}

test('who cancels gets his thread back within one window, wherever it is', async () => {
  for (const [stage, at] of [
    ['decoding', 0],
    ['listening', 0],
    ['listening', 0.3],
  ] as const) {
    const controller = new AbortController()
    let after = 0
    const work = run((progress) => {
      if (controller.signal.aborted && progress.stage === 'listening') after++
      if (progress.stage === stage && progress.fraction > at) controller.abort()
    }, controller.signal)
    await expect(work).rejects.toMatchObject({ code: 'CANCELLED' })
    // Windows that were under way when the word reached the thread; of some twenty.
    expect(after).toBeLessThanOrEqual(2)
  }
})

test('work that is cancelled before it begins does not decode', async () => {
  const seen: Progress[] = []
  await expect(run((progress) => seen.push(progress), AbortSignal.abort())).rejects.toMatchObject({
    code: 'CANCELLED',
  })
  expect(seen).toEqual([])
})
