import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GOOD, post, type Service, serve, stopAll } from '../../test/http-service.ts'

afterAll(stopAll)

const PAGE = 'https://songs.example'

function ask(service: Service, origin: string): Promise<Response> {
  return fetch(`${service.url}/api/v1/align`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  })
}

describe('pages of other origins', () => {
  let service: Service
  beforeAll(async () => {
    service = await serve(undefined, {
      SOW_QWEN3_CORS_ORIGINS: `${PAGE}, http://localhost:3000`,
      SOW_QWEN3_API_KEY: 'key',
    })
  })

  test('may ask where they are listed, without a key before they may send one', async () => {
    const response = await ask(service, PAGE)
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(response.headers.get('access-control-allow-methods')).toContain('POST')
    const allowed = response.headers.get('access-control-allow-headers')
    expect(allowed).toContain('authorization')
    expect(allowed).toContain('idempotency-key')
    expect(response.headers.get('access-control-allow-credentials')).toBeNull()
  })

  test('can read answers and errors, and the headers that say when to come again', async () => {
    for (const key of ['key', 'other']) {
      const { headers } = await post(service.url, GOOD, { origin: PAGE, 'x-api-key': key })
      expect(headers.get('access-control-allow-origin')).toBe(PAGE)
      expect(headers.get('access-control-expose-headers')).toContain('retry-after')
      expect(headers.get('vary')).toContain('origin')
    }
  })

  test.each(['https://evil.example', `${PAGE}.evil.example`, 'null', 'http://songs.example'])(
    '%s is not listed and gets nothing',
    async (origin) => {
      expect((await ask(service, origin)).headers.get('access-control-allow-origin')).toBeNull()
      const answer = await post(service.url, GOOD, { origin, 'x-api-key': 'key' })
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    },
  )
})

test('* is every origin, never with credentials', async () => {
  const service = await serve(undefined, { SOW_QWEN3_CORS_ORIGINS: '*' })
  for (const { headers } of [await ask(service, PAGE), await post(service.url, GOOD, { origin: PAGE })]) {
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
  }
})

test('without the setting no origin is allowed', async () => {
  const service = await serve()
  expect((await ask(service, PAGE)).status).toBe(405)
  expect(
    (await post(service.url, GOOD, { origin: PAGE })).headers.get('access-control-allow-origin'),
  ).toBeNull()
})

test.each([
  'example.com',
  'https://example.com/',
  'https://a.example,*',
  'ftp://a.example',
  'https://a.example,',
])('%s is no list of origins', async (origins) => {
  await expect(serve(undefined, { SOW_QWEN3_CORS_ORIGINS: origins })).rejects.toThrow(
    'SOW_QWEN3_CORS_ORIGINS',
  )
})
