import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AlignError } from '../errors.ts'
import type { Stage } from '../types.ts'
import { createAligner } from './aligner.ts'

const speech = (name: string) => fileURLToPath(new URL(`../../test/fixtures/speech/${name}`, import.meta.url))
const LYRICS = readFileSync(speech('psalm-en.txt'), 'utf8')

/** A storage with one recording, which counts what it answers. */
const storage = { bytes: readFileSync(speech('psalm-en.mp3')), sent: 0, unchanged: 0 }
const server = createServer((request, response) => {
  const etag = `"${createHash('sha256').update(storage.bytes).digest('hex')}"`
  if (request.headers['if-none-match'] === etag) {
    storage.unchanged++
    response.writeHead(304, { etag }).end()
    return
  }
  storage.sent++
  response.writeHead(200, { etag }).end(storage.bytes)
})

let folder: string
let url: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sow-fetched-'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/song.mp3`
})

afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

test('a recording that its server says is the same is sent once, and heard once', async () => {
  const options = { threads: 1, cacheDir: folder, allowPrivateUrls: true }
  const ask = async (lyrics: string) => {
    await using aligner = await createAligner(options)
    const stages = new Set<Stage>()
    const onProgress = ({ stage }: { stage: Stage }) => stages.add(stage)
    const { lines } = await aligner.align(url, lyrics, { onProgress })
    return { stages, lines, cache: aligner.status().cache }
  }
  const first = await ask(LYRICS)
  expect(first.stages).toContain('listening')
  expect(first.cache.audio).toEqual({ hits: 0, misses: 1 })
  const again = await ask(`${LYRICS}\n`)
  expect(again.stages).not.toContain('listening')
  expect(again.cache).toMatchObject({ audio: { hits: 1, misses: 0 }, emissions: { hits: 1, misses: 0 } })
  expect(again.lines.slice(0, first.lines.length)).toEqual(first.lines)
  expect(storage).toMatchObject({ sent: 1, unchanged: 1 })

  storage.bytes = readFileSync(speech('psalm-zh.mp3'))
  const other = await ask(LYRICS)
  expect(other.stages).toContain('listening')
  expect(storage).toMatchObject({ sent: 2, unchanged: 1 })
  expect(readdirSync(join(folder, 'audio'))).toHaveLength(2)
})

test('an aligner of a service opens no file, however it is named', async () => {
  await using aligner = await createAligner({ threads: 1, allowFiles: false })
  const path = speech('psalm-en.mp3')
  for (const source of [
    path,
    `file://${path}`,
    new URL(`file://${path}`),
    ' https://x/a.mp3',
    'http:/../../x.wav',
  ]) {
    await expect(aligner.align(source, LYRICS)).rejects.toMatchObject({ code: 'AUDIO_URL_FORBIDDEN' })
  }
  await expect(aligner.align(new URL('s3://b/100%.mp3'), LYRICS)).rejects.toBeInstanceOf(AlignError)
})
