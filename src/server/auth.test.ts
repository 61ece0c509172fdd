import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GOOD, post, rawPost, read, type Service, serve, stopAll } from '../../test/http-service.ts'

afterAll(stopAll)

describe('keys', () => {
  let service: Service
  beforeAll(async () => {
    service = await serve(undefined, { SOW_QWEN3_API_KEY: 'alpha,beta' })
  })

  test.each([
    [{ authorization: 'Bearer alpha' }, 200],
    [{ 'x-api-key': 'beta' }, 200],
    [{}, 401],
    [{ authorization: 'Bearer alph' }, 401],
    [{ authorization: 'alpha' }, 401],
    [{ 'x-api-key': 'alpha,beta' }, 401],
  ])('%j is answered with %i', async (headers, status) => {
    const response = await post(service.url, GOOD, headers as Record<string, string>)
    expect(response.status).toBe(status)
    if (status === 401) {
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
      expect((await read(response)).code).toBe('UNAUTHORIZED')
    }
  })

  test.each([
    '/',
    '/health',
    '/api/v1/health',
    '/api/v1/live',
    '/openapi',
    '/openapi/json',
    '/page/index.js',
  ])('%s needs none', async (path) => expect((await fetch(service.url + path)).status).toBe(200))

  test.each(['/api/v1/align/', '//api/v1/align', '/api/v1/%61lign', '/health/../api/v1/align'])(
    'no spelling of the path gets past it: %s',
    async (path) => {
      const answer = await rawPost(
        service.url,
        { 'content-type': 'application/json' },
        JSON.stringify(GOOD).length,
        path,
      )
      expect(answer.status).toBe(401)
    },
  )

  test('neither keys nor lyrics nor queries are logged', async () => {
    const url = 'https://user:pass@example.com/a.mp3?X-Amz-Signature=sig'
    await post(service.url, { audio_url: url, lyrics_text: 'Secret words' }, { 'x-api-key': 'alpha' })
    await expect.poll(service.logged).toContain('https://example.com/a.mp3')
    for (const secret of ['alpha', 'pass', 'sig', 'Secret words'])
      expect(service.logged()).not.toContain(secret)
    const line = service
      .logged()
      .split('\n')
      .find((each) => each.includes('example.com/a.mp3'))
    expect(JSON.parse(line!)).toMatchObject({
      route: '/api/v1/align',
      status: 200,
      verdict: 'mixed',
      duration_seconds: 12.346,
    })
  })
})
