import { afterAll, describe, expect, test } from 'vitest'
import { GOOD, post, read, serve, stopAll } from '../../test/http-service.ts'
import { clientNetwork } from './client.ts'
import { createRateLimiter, RateLimitedError } from './rate.ts'

afterAll(stopAll)

describe('a token bucket', () => {
  test('lets a burst through, then one for every share of the minute', () => {
    let now = 0
    const limiter = createRateLimiter(6, () => now)
    for (let left = 5; left >= 0; left--) expect(limiter.take('a').remaining).toBe(left)
    expect(limiter.take('b').remaining).toBe(5)
    const refused = (() => {
      try {
        limiter.take('a')
      } catch (error) {
        return error as RateLimitedError
      }
    })()
    expect(refused).toBeInstanceOf(RateLimitedError)
    expect(refused).toMatchObject({ retryAfterSeconds: 10, allowance: { remaining: 0, resetSeconds: 60 } })
    now = 9_999
    expect(() => limiter.take('a')).toThrow()
    now = 10_000
    expect(limiter.take('a').remaining).toBe(0)
    now = 1_000_000
    expect(limiter.take('a').remaining).toBe(5)
  })

  test('remembers a bounded number of clients, the latest ones', () => {
    const limiter = createRateLimiter(2, () => 0, 3)
    limiter.take('steady')
    for (let i = 0; i < 100_000; i++) {
      limiter.take(`passing ${i}`)
      if (i === 1) limiter.take('steady')
      if (i > 1) expect(() => limiter.take('steady')).toThrow('at most 2 requests a minute')
    }
  })
})

describe('the rate of a service', () => {
  test('without keys counts every address, and says what is left', async () => {
    const { url } = await serve(undefined, { SOW_QWEN3_RATE_LIMIT_PER_MINUTE: '2' })
    const first = await post(url, GOOD)
    expect(first.status).toBe(200)
    expect(first.headers.get('ratelimit-policy')).toBe('"requests";q=2;w=60')
    expect(first.headers.get('ratelimit')).toMatch(/^"requests";r=1;t=\d+$/)
    expect((await post(url, GOOD)).status).toBe(200)
    const refused = await post(url, GOOD)
    expect(refused.status).toBe(429)
    expect(await read(refused)).toMatchObject({ code: 'RATE_LIMITED', retryable: true })
    const wait = Number(refused.headers.get('retry-after'))
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(30)
    expect(refused.headers.get('ratelimit')).toMatch(/^"requests";r=0;t=\d+$/)
    for (const path of ['/health', '/api/v1/live', '/metrics', '/openapi/json']) {
      expect((await fetch(url + path)).status).toBe(200)
    }
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^sow_rate_limited_total 1$/m)
  })

  test('with keys counts every key, and guesses of keys by address', async () => {
    const env = { SOW_QWEN3_RATE_LIMIT_PER_MINUTE: '2', SOW_QWEN3_API_KEY: 'alpha,beta' }
    const { url } = await serve(undefined, env)
    const statusOf = async (key: string) => (await post(url, GOOD, { 'x-api-key': key })).status
    expect([await statusOf('alpha'), await statusOf('alpha'), await statusOf('alpha')]).toEqual([
      200, 200, 429,
    ])
    expect([await statusOf('x'), await statusOf('y'), await statusOf('z')]).toEqual([401, 401, 429])
    expect(await statusOf('beta')).toBe(200)
  })
})

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '20010db800010002/64'],
  ['2001:db8:1:2::ffff', '20010db800010002/64'],
  [undefined, 'unknown'],
])('the network of %s is %s', (address, network) => {
  const request = Object.assign(new Request('http://localhost/'), { ip: address })
  const server = { requestIP: () => (address ? { address } : null) }
  expect(clientNetwork(request, server)).toBe(network)
})
