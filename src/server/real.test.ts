import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeWav, noise, silence } from '../../test/audio-samples.ts'
import { GOOD, post, postForm, read, type Service, serve, stopAll } from '../../test/http-service.ts'
import { type Aligner, createAligner } from '../aligner/aligner.ts'

const speech = (name: string) => readFileSync(new URL(`../../test/fixtures/speech/${name}`, import.meta.url))
const psalm = () => new Blob([speech('psalm-en.mp3')])
const wav = (samples: Float32Array) => new Blob([encodeWav([samples], 16_000) as Uint8Array<ArrayBuffer>])

let aligner: Aligner
let service: Service
beforeAll(async () => {
  aligner = await createAligner({ maxAudioSeconds: 60, maxAudioBytes: 4_000_000, allowPrivateUrls: true })
  service = await serve((...given) => aligner.align(...given))
})
afterAll(async () => {
  await stopAll()
  await aligner.close()
})

describe('the service with its real aligner', () => {
  test.each([
    ['no audio at all', () => new Blob([]), 422],
    ['text named as audio', () => new Blob(['<html>not a song</html>']), 422],
    ['a recording cut off', () => new Blob([speech('psalm-en.mp3').subarray(0, 200)]), 422],
    ['a tenth of a second', () => wav(silence(0.1, 16_000)), 422],
    ['a recording over the limit', () => wav(silence(61, 16_000)), 400],
    ['a file over the limit', () => wav(noise(130, 16_000)), 413],
  ])('%s is refused with its own error', async (_, audio, status) => {
    const response = await postForm(service.url, { audio: audio(), lyrics_text: 'Amazing grace' })
    const { detail, retryable } = await read(response)
    expect({ status: response.status, retryable }).toEqual({ status, retryable: false })
    expect(detail).toMatch(/^Expected .+/)
  })

  test('silence is answered, and nothing in it is called sure', async () => {
    const response = await postForm(service.url, {
      audio: wav(silence(10, 16_000)),
      lyrics_text: 'Amazing grace',
    })
    const { verdict, line_status } = await read(response)
    expect(response.status).toBe(200)
    expect(verdict.level).toBe('unreliable')
    expect(line_status).not.toContain('aligned')
  })

  test('markers alone are no lyrics', async () => {
    const response = await postForm(service.url, { audio: psalm(), lyrics_text: '[Verse 1]\n\n[Chorus]' })
    expect({ status: response.status, code: (await read(response)).code }).toEqual({
      status: 400,
      code: 'LYRICS_EMPTY',
    })
  })

  test('a language nobody has taught it is refused', async () => {
    const response = await postForm(service.url, { audio: psalm(), lyrics_text: 'a', language: 'Klingon' })
    expect({ status: response.status, code: (await read(response)).code }).toEqual({
      status: 422,
      code: 'LANGUAGE_UNSUPPORTED',
    })
  })

  test('a form and JSON give the same times, whatever the line ends', async () => {
    const storage = await fileServer(speech('psalm-en.mp3'))
    const lyrics_text = `\n${speech('psalm-en.txt').toString().trimEnd()}`
    const form = await read(await postForm(service.url, { audio: psalm(), lyrics_text }))
    const json = await read(await post(service.url, { ...GOOD, audio_url: storage.url, lyrics_text }))
    storage.server.close()
    expect(form.lrc_content).toBe(json.lrc_content)
    expect(form.line_count).toBe(lyrics_text.split('\n').length)
    expect(form.lrc_content!.split('\n')).toHaveLength(form.line_count)
  })

  test('audio that is not there is the fault of the request, storage that fails is worth another try', async () => {
    const gone = await fileServer(undefined, 404)
    const broken = await fileServer(undefined, 503)
    const missing = await post(service.url, { ...GOOD, audio_url: gone.url })
    expect({ status: missing.status, ...(await read(missing)) }).toMatchObject({
      status: 400,
      retryable: false,
    })
    const failed = await post(service.url, { ...GOOD, audio_url: broken.url })
    expect({ status: failed.status, ...(await read(failed)) }).toMatchObject({ status: 502, retryable: true })
    for (const { server } of [gone, broken]) server.close()
  })

  test('health answers while it aligns, and says so', async () => {
    const answer = postForm(service.url, { audio: psalm(), lyrics_text: speech('psalm-en.txt').toString() })
    await expect
      .poll(async () => (await (await fetch(`${service.url}/health`)).json()) as object, { interval: 5 })
      .toMatchObject({ status: 'healthy' })
    expect((await answer).status).toBe(200)
  })
})

/** A storage that answers every request alike. */
async function fileServer(bytes: Buffer | undefined, status = 200): Promise<{ server: Server; url: string }> {
  const server = createServer((_, response) => response.writeHead(status).end(bytes)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  return { server, url: `http://127.0.0.1:${port}/song.mp3` }
}
