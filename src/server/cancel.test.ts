import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeWav, noise } from '../../test/audio-samples.ts'
import { postForm, type Service, serve, stopAll } from '../../test/http-service.ts'
import { type Aligner, createAligner } from '../aligner/aligner.ts'
import type { Progress } from '../types.ts'

// The whole way with the real aligner: a client that goes away frees its place, wherever its request is.

const speech = (name: string) => readFileSync(new URL(`../../test/fixtures/speech/${name}`, import.meta.url))
const psalm = () => ({ audio: new Blob([speech('psalm-en.mp3')]), lyrics_text: 'The Lord is my shepherd' })
const sound = noise(280, 16_000, 0.1)
let made = 0

/** Many windows, so that the end of the work is far from the end of a window; new ones, which no cache or other request knows. */
function long(): Blob {
  sound[0] = ++made / 1000
  return new Blob([encodeWav([sound], 16_000) as Uint8Array<ArrayBuffer>])
}

let aligner: Aligner
let service: Service
let progress: Progress[] = []
beforeAll(async () => {
  aligner = await createAligner({ maxConcurrent: 1, maxQueue: 1 })
  service = await serve(
    (source, lyrics, options) => {
      const onProgress = (event: Progress) => {
        progress.push(event)
        options?.onProgress?.(event)
      }
      return aligner.align(source, lyrics, { ...options, onProgress })
    },
    { SOW_QWEN3_MAX_QUEUE: '1' },
  )
})
afterAll(async () => {
  await stopAll()
  await aligner.close()
})

const windows = () => progress.filter(({ stage }) => stage === 'listening')
const running = () => aligner.status().running
const inflightBytes = async () =>
  Number(/^sow_inflight_bytes (\d+)$/m.exec(await (await fetch(`${service.url}/metrics`)).text())![1])
const placesTaken = async () =>
  Number(/^sow_places_taken (\d+)$/m.exec(await (await fetch(`${service.url}/metrics`)).text())![1])

/** An alignment that its client can leave. */
function startLong(): { leave: () => void; over: Promise<unknown> } {
  const client = new AbortController()
  const form = new FormData()
  form.set('audio', long())
  form.set('lyrics_text', 'The Lord is my shepherd')
  const init = { method: 'POST', body: form, signal: client.signal }
  const over = fetch(`${service.url}/api/v1/align`, init).catch((error) => error)
  return { leave: () => client.abort(), over }
}

describe('a client that leaves', () => {
  test('while its song is heard ends the work within a window, and the next one is answered', async () => {
    progress = []
    const { leave, over } = startLong()
    await expect.poll(() => windows().length, { interval: 5 }).toBeGreaterThan(0)
    leave()
    await over
    const heard = windows().length
    await expect.poll(running, { interval: 5 }).toBe(0)
    // The window at work when it left, and one that had been told of on the way.
    expect(windows().length - heard).toBeLessThanOrEqual(2)
    expect(windows().at(-1)!.fraction).toBeLessThan(0.9)
    expect((await postForm(service.url, psalm())).status).toBe(200)
    expect(aligner.status()).toMatchObject({ running: 0, queued: 0 })
    await expect.poll(service.logged).toContain('"code":"CANCELLED"')
  })

  test('while it waits for its turn gives its place in the queue to another', async () => {
    progress = []
    const first = startLong()
    await expect.poll(() => windows().length, { interval: 5 }).toBeGreaterThan(0)
    const second = startLong()
    await expect.poll(() => aligner.status().queued, { interval: 5 }).toBe(1)
    expect((await postForm(service.url, psalm())).status).toBe(429)
    second.leave()
    await second.over
    await expect.poll(() => aligner.status().queued, { interval: 5 }).toBe(0)
    await expect.poll(placesTaken).toBe(1)
    const third = postForm(service.url, psalm())
    await expect.poll(() => aligner.status().queued, { interval: 5 }).toBe(1)
    first.leave()
    expect((await third).status).toBe(200)
    await expect.poll(placesTaken).toBe(0)
  })

  test('while it uploads has no place yet, and gives back what it holds before anything is worked on', async () => {
    await expect.poll(placesTaken).toBe(0)
    progress = []
    const uploads = [stalledUpload(service.url), stalledUpload(service.url)]
    await expect.poll(inflightBytes).toBeGreaterThan(0)
    expect(await placesTaken()).toBe(0)
    for (const upload of uploads) upload.destroy()
    await expect.poll(inflightBytes).toBe(0)
    expect(progress).toEqual([])
    expect((await postForm(service.url, psalm())).status).toBe(200)
  })
})

test('a time limit that passes in the middle of a song ends its work as well', async () => {
  progress = []
  const form = { audio: long(), lyrics_text: 'The Lord is my shepherd', timeout: '1' }
  const late = postForm(service.url, form)
  expect((await late).status).toBe(504)
  await expect.poll(running, { interval: 5 }).toBe(0)
  expect(windows().at(-1)?.fraction ?? 0).toBeLessThan(0.9)
})

/** A connection that sends the half of a song and then nothing. */
function stalledUpload(url: string): Socket {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const head = [
    'POST /api/v1/align HTTP/1.1',
    `host: ${hostname}`,
    'content-type: multipart/form-data; boundary=x',
    'content-length: 1000000',
    '',
    '--x',
    'content-disposition: form-data; name="audio"; filename="a.wav"',
    '',
    '',
  ]
  socket.write(head.join('\r\n'))
  socket.write(Buffer.alloc(500_000))
  return socket
}
