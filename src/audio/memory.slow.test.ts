import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeWav, tone } from '../../test/audio-samples.ts'

/** As built: a process of its own runs without the test runner's memory, and Node 20 reads no TypeScript. */
const BUILT = new URL('../../dist/src/audio/read.js', import.meta.url)
const fixture = (name: string) => readFileSync(new URL(`../../test/fixtures/${name}`, import.meta.url))

/** Needs `npm run build` and Linux. */
const measured = test.skipIf(!existsSync(BUILT) || !existsSync('/proc/self/status'))

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sow-align-'))
})
afterAll(() => rm(folder, { recursive: true }))

type Measured = { seconds: number; code: string; megabytes: number }

/**
 * Reads a file in a fresh process; `megabytes` is what its memory grew by, at most, over the loaded file. From /proc,
 * because the maxRSS of a new process counts the process that started it.
 */
async function measure(bytes: Uint8Array, maxSeconds: number): Promise<Measured> {
  const file = join(folder, 'audio')
  await writeFile(file, bytes)
  const code = `
    const { readFileSync } = require('node:fs')
    import(${JSON.stringify(BUILT.href)}).then(async ({ readAudio }) => {
      const bytes = new Uint8Array(readFileSync(${JSON.stringify(file)}))
      const before = process.memoryUsage().rss
      const result = await readAudio(bytes, { sampleRate: 16000, maxSeconds: ${maxSeconds} }).catch((error) => error)
      const peak = Number(/VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024
      const megabytes = (peak - before) / 1e6
      console.log(JSON.stringify({ seconds: (result.samples?.length ?? 0) / 16000, code: result.code ?? '', megabytes }))
    })`
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', code])
  return JSON.parse(stdout)
}

measured('5 minutes of MP3 at 44.1 kHz in stereo take less than 300 MB', async () => {
  const mp3 = fixture('click-plain.mp3')
  const { seconds, megabytes } = await measure(Buffer.concat(Array.from({ length: 190 }, () => mp3)), 300)
  expect(seconds).toBeGreaterThan(290)
  expect(megabytes).toBeLessThan(300)
})

measured('5 minutes of WAV at 44.1 kHz in stereo take less than 300 MB', async () => {
  const channel = tone(440, 300, 44_100)
  const { seconds, megabytes } = await measure(encodeWav([channel, channel], 44_100), 300)
  expect(seconds).toBe(300)
  expect(megabytes).toBeLessThan(300)
})

measured('14 kB that unfold to 368 MB are stopped long before', async () => {
  const { code, megabytes } = await measure(fixture('unfolds.flac'), 5)
  expect(code).toBe('AUDIO_TOO_LONG')
  expect(megabytes).toBeLessThan(200)
})
