import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { read, type Service, serve, stopAll } from '../../test/http-service.ts'

afterAll(stopAll)

describe('the rest', () => {
  let service: Service
  beforeAll(async () => {
    service = await serve()
  })

  test('unknown routes are answered in the common shape', async () => {
    for (const [method, path] of [
      ['GET', '/nothing'],
      ['POST', '/nothing'],
      ['GET', '/page/..%2fpage.ts'],
    ]) {
      const response = await fetch(service.url + path!, { method: method! })
      expect(response.status).toBe(404)
      expect(await read(response)).toMatchObject({ code: 'NOT_FOUND', retryable: false })
    }
  })

  test.each([
    ['GET', '/api/v1/align', 'POST'],
    ['DELETE', '/health', 'GET'],
    ['OPTIONS', '/api/v1/live', 'GET'],
    ['POST', '/page/script.js', 'GET'],
  ])('%s %s is answered with the methods that there are', async (method, path, allow) => {
    const response = await fetch(service.url + path, { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe(allow)
    expect(await read(response)).toMatchObject({ code: 'METHOD_NOT_ALLOWED', retryable: false })
  })

  test('probes may ask with HEAD', async () => {
    for (const path of ['/health', '/api/v1/live']) {
      const response = await fetch(service.url + path, { method: 'HEAD' })
      expect(response.status).toBe(200)
      expect(await response.text()).toBe('')
    }
    const ready = service.readiness.now
    service.readiness.now = { state: 'loading' }
    expect((await fetch(`${service.url}/health`, { method: 'HEAD' })).status).toBe(503)
    service.readiness.now = ready
  })

  test('a request id is kept where it is sane and made otherwise', async () => {
    const kept = await fetch(`${service.url}/health`, { headers: { 'x-request-id': 'abc-1' } })
    expect(kept.headers.get('x-request-id')).toBe('abc-1')
    const made = await fetch(`${service.url}/health`, { headers: { 'x-request-id': 'a b"c' } })
    expect(made.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
  })

  test('browsers get the page, others a greeting', async () => {
    const page = await fetch(service.url, { headers: { accept: 'text/html,*/*' } })
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
    expect(await read(await fetch(service.url))).toMatchObject({ version: expect.any(String) })
  })

  test('every answer has the security headers', async () => {
    for (const path of ['/', '/health', '/nothing', '/openapi', '/page/style.css']) {
      const { headers } = await fetch(service.url + path)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    }
  })
})
