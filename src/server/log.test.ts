import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Align } from '../../test/http-service.ts'
import { ALIGNMENT, post, postForm, type Service, serve, stopAll } from '../../test/http-service.ts'
import { AlignError } from '../errors.ts'

afterAll(stopAll)

const lines = (service: Service) =>
  service
    .logged()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('the line of a request', () => {
  test('says what was aligned, by what, how long each stage took, and how it went', async () => {
    const service = await serve(async (_source, _lyrics, options) => {
      for (const stage of ['queued', 'fetching', 'decoding', 'listening', 'aligning', 'done'] as const) {
        options?.onProgress?.({ stage, fraction: 0 })
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      return ALIGNMENT
    })
    const url = 'https://user:password@example.com/songs/a.mp3?signature=x'
    await post(service.url, { audio_url: url, lyrics_text: 'One', language: 'English' })
    await expect.poll(() => lines(service)).toHaveLength(1)
    const [line] = lines(service)
    expect(line).toMatchObject({
      msg: 'request',
      method: 'POST',
      route: '/api/v1/align',
      status: 200,
      audio: 'https://example.com/songs/a.mp3',
      language: 'en',
      model: 'test 1',
      cached: 'none',
      verdict: 'mixed',
      duration_seconds: 12.346,
      line_count: 3,
    })
    const { queued, fetching, decoding, listening, aligning } = line!.stages_ms as Record<string, number>
    for (const ms of [queued, fetching, decoding, listening, aligning]) expect(ms).toBeGreaterThan(0)
  })

  test.each([
    [['queued', 'fetching', 'done'], 'results'],
    [['queued', 'fetching', 'decoding', 'aligning', 'done'], 'emissions'],
  ] as const)('of stages %j says that they came from the cache of %s', async (stages, cached) => {
    const service = await serve(async (_source, _lyrics, options) => {
      for (const stage of stages) options?.onProgress?.({ stage, fraction: 0 })
      return ALIGNMENT
    })
    await post(service.url, { audio_url: 'https://example.com/a.mp3', lyrics_text: 'One' })
    await expect.poll(() => lines(service)[0]).toMatchObject({ cached })
  })
})

/** Every place where something can be sent that must not be found in the log. */
describe('at level info nothing that was sent is logged but the address of the audio', () => {
  const S = 'sEcReT'
  const json = (body: object, headers?: Record<string, string>) => (url: string) => post(url, body, headers)
  const good = { audio_url: 'https://example.com/a.mp3', lyrics_text: `${S} words\nand ${S}` }
  const audio = new Blob(['x'])
  const header = (name: string) => json(good, { [name]: S })
  const get = (path: string) => (url: string) => fetch(url + path)

  // With a key and without, answering and failing.
  const services: Service[] = []
  beforeAll(async () => {
    for (const key of [S, '']) {
      for (const fails of [undefined, 'AUDIO_UNREADABLE', 'AUDIO_FETCH_FAILED', 'QUEUE_FULL'] as const) {
        const align: Align = async () => {
          if (fails) throw new AlignError(fails, 'Expected this, got that')
          return ALIGNMENT
        }
        const env = { SOW_QWEN3_CORS_ORIGINS: 'https://a.example', SOW_QWEN3_API_KEY: key }
        services.push(await serve(align, env, { level: 'info' }))
      }
    }
  })

  test.each<[string, (url: string) => Promise<Response>]>([
    ['lyrics', json(good)],
    ['a form', (url) => postForm(url, { audio, lyrics_text: S })],
    ['the name of a file', (url) => postForm(url, { audio: new File(['x'], S), lyrics_text: 'a' })],
    ['an unknown field of a form', (url) => postForm(url, { audio, lyrics_text: 'a', [S]: S })],
    ['a field twice', (url) => twice(url, S)],
    ['an unknown field', json({ ...good, [S]: S })],
    ['the query of an address', json({ ...good, audio_url: `https://example.com/a?key=${S}` })],
    ['the user of an address', json({ ...good, audio_url: `https://${S}:${S}@example.com/a` })],
    ['the fragment of an address', json({ ...good, audio_url: `https://example.com/a#${S}` })],
    ['no address', json({ ...good, audio_url: S })],
    ['another scheme', json({ ...good, audio_url: `${S}://example.com/` })],
    ['lyrics of another kind', json({ ...good, lyrics_text: [S] })],
    ['language', json({ ...good, language: S })],
    ['a long language', json({ ...good, language: S.repeat(20) })],
    ['format', json({ ...good, format: S })],
    ['timeout', json({ ...good, timeout: S })],
    ['force', json({ ...good, force: S })],
    ['audio as text', json({ ...good, audio: S })],
    ['broken JSON', (url) => post(url, `{"lyrics_text": ${S}}`)],
    ['JSON that is no object', (url) => post(url, `"${S}"`)],
    ['content-type', (url) => post(url, good, { 'content-type': `text/${S}` })],
    ['a broken form', (url) => post(url, `--${S}`, { 'content-type': `multipart/form-data; boundary=${S}` })],
    ['the body of another route', (url) => fetch(`${url}/nothing`, { method: 'POST', body: S })],
    ['a method', (url) => fetch(`${url}/health?${S}`, { method: 'DELETE' })],
    ['a query', get(`/health?key=${S}`)],
    ['a query of nothing', get(`/nothing?key=${S}`)],
    ['authorization', json(good, { authorization: `Bearer ${S}` })],
    ['x-api-key', header('x-api-key')],
    ['cookie', header('cookie')],
    ['prefer', header('prefer')],
    ['user-agent', header('user-agent')],
    ['referer', header('referer')],
    ['origin', header('origin')],
    ['traceparent', header('traceparent')],
    ['an unknown header', header('x-other')],
    ['a strange request id', json(good, { 'x-request-id': `"${S}"` })],
  ])('%s', async (_, send) => {
    for (const service of services) {
      await (await send(service.url)).arrayBuffer()
      // A later one, after whose line that of the first has been written.
      const marker = { 'x-request-id': `marker-${crypto.randomUUID()}` }
      await (await fetch(`${service.url}/nothing`, { headers: marker })).arrayBuffer()
      await expect.poll(service.logged, { interval: 2 }).toContain(marker['x-request-id'])
      expect(service.logged()).not.toContain(S)
    }
  })
})

function twice(url: string, text: string): Promise<Response> {
  const form = new FormData()
  form.append(text, text)
  form.append(text, text)
  return fetch(`${url}/api/v1/align`, { method: 'POST', body: form })
}
