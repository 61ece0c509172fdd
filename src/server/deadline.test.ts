import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  GOOD,
  post,
  postForm,
  read,
  type Service,
  serve,
  stopAll,
  untilAborted,
} from '../../test/http-service.ts'
import type { AlignOptions } from '../aligner/aligner.ts'
import { preferredWait } from './prefer.ts'

afterAll(stopAll)

test.each([
  [null, undefined],
  ['wait=10', 10],
  ['respond-async, wait = 10; foo', 10],
  ['WAIT="7"', 7],
  ['wait=3, wait=9', 3],
  ['wait=0', undefined],
  ['wait=-1', undefined],
  ['wait=1.5', undefined],
  ['wait=99999999999999', undefined],
  ['waiting=10', undefined],
])('Prefer: %s is %s seconds', (header, seconds) => expect(preferredWait(header)).toBe(seconds))

describe('the time limit of a request', () => {
  let service: Service
  let given: (AlignOptions & { force?: boolean }) | undefined
  beforeAll(async () => {
    const wait = untilAborted(() => {})
    service = await serve(
      (...all) => {
        given = all[2]
        return wait(...all)
      },
      { SOW_QWEN3_REQUEST_TIMEOUT_SECONDS: '2' },
    )
  })

  test('can be shortened by Prefer, and the answer says so', async () => {
    const response = await post(service.url, GOOD, { prefer: 'wait=1' })
    expect(response.status).toBe(504)
    expect(response.headers.get('preference-applied')).toBe('wait=1')
    expect(await read(response)).toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      retryable: true,
      detail: 'Expected an answer within 1 s, got none',
    })
  })

  test('a longer preference is cut to the limit, and the answer says which', async () => {
    const response = await post(service.url, GOOD, { prefer: 'wait=3600' })
    expect(response.headers.get('preference-applied')).toBe('wait=2')
    expect((await read(response)).detail).toContain('within 2 s')
  })

  test('can be shortened in the body, as JSON and as a form', async () => {
    const fields = { audio: new Blob(['x']), lyrics_text: 'a', timeout: '0.25', force: 'true' }
    for (const response of [
      await post(service.url, { ...GOOD, timeout: 0.25, force: true }),
      await postForm(service.url, fields),
    ]) {
      expect(response.status).toBe(504)
      expect(response.headers.get('preference-applied')).toBeNull()
      expect((await read(response)).detail).toContain('within 0.25 s')
      expect(given?.force).toBe(true)
    }
  })

  test('the shorter of both counts', async () => {
    const response = await post(service.url, { ...GOOD, timeout: 0.1 }, { prefer: 'wait=1' })
    expect((await read(response)).detail).toContain('within 0.1 s')
  })

  test.each([
    [{ timeout: 3 }, 'timeout: expected at most 2 s, the limit of this service, got 3'],
    [{ timeout: 0 }, 'timeout: expected a number above 0, got 0'],
    [{ timeout: '1' }, 'timeout: expected a number above 0, got text of length 1'],
    [{ force: 'yes' }, 'force: expected true or false, got text of length 3'],
  ])('%j is refused', async (fields, detail) => {
    const response = await post(service.url, { ...GOOD, ...fields })
    expect(response.status).toBe(400)
    expect((await read(response)).detail).toBe(detail)
  })
})
