import { afterAll, describe, expect, test } from 'vitest'
import { GOOD, post, read, serve, stopAll } from '../../test/http-service.ts'
import { AlignError } from '../errors.ts'

afterAll(stopAll)

describe('errors of the aligner', () => {
  test.each([
    ['AUDIO_TOO_LONG', 400],
    ['AUDIO_UNREADABLE', 422],
    ['LANGUAGE_UNSUPPORTED', 422],
    ['QUEUE_FULL', 429],
    ['AUDIO_FETCH_TIMEOUT', 504],
    ['ALIGNMENT_FAILED', 500],
  ] as const)('%s is answered with %i and its own words', async (code, status) => {
    const service = await serve(async () => {
      throw new AlignError(code, 'Expected this, got that')
    })
    const response = await post(service.url, GOOD)
    expect(response.status).toBe(status)
    expect(await read(response)).toMatchObject({ detail: 'Expected this, got that', code })
    expect(response.headers.get('retry-after')).toBe(code === 'QUEUE_FULL' ? '8' : null)
  })

  test('storage that fails is 502 and worth another try', async () => {
    const service = await serve(async () => {
      throw new AlignError('AUDIO_FETCH_FAILED', 'Expected 200, got 503', { retryable: true })
    })
    const response = await post(service.url, GOOD)
    expect(response.status).toBe(502)
    expect((await read(response)).retryable).toBe(true)
  })

  test('an unknown error is 500 without its words, which the log has under the same id', async () => {
    const service = await serve(async () => {
      throw new Error('inner secret')
    })
    const response = await post(service.url, GOOD, { 'x-request-id': 'my-id.1' })
    const text = await response.text()
    expect(response.status).toBe(500)
    expect(text).not.toContain('inner secret')
    expect(JSON.parse(text)).toMatchObject({ code: 'ALIGNMENT_FAILED', request_id: 'my-id.1' })
    await expect.poll(service.logged).toContain('inner secret')
    expect(service.logged()).toContain('my-id.1')
  })
})
