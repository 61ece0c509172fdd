import { AlignError } from '../errors.ts'

/** What is left to a client after a request. */
export type Allowance = {
  /** Requests that it may send at once. */
  remaining: number
  /** Seconds until it may send as many as ever. */
  resetSeconds: number
}

/** Counts the requests of every client. */
export type RateLimiter = {
  /** Takes one request from the allowance of a client. @throws RateLimitedError */
  take(client: string): Allowance
}

/** One request too many. */
export class RateLimitedError extends AlignError {
  readonly retryAfterSeconds: number
  readonly allowance: Allowance

  constructor(perMinute: number, retryAfterSeconds: number, resetSeconds: number) {
    super('RATE_LIMITED', `Expected at most ${perMinute} requests a minute, got one more`)
    this.retryAfterSeconds = retryAfterSeconds
    this.allowance = { remaining: 0, resetSeconds }
  }
}

type Bucket = { tokens: number; at: number }

// Some hundred bytes each. Beyond them the clients that were away longest are forgotten, and begin anew.
const MAX_CLIENTS = 10_000

/**
 * A token bucket for every client: it holds `perMinute` requests and is filled steadily, so that a burst is answered and
 * the mean is kept. `now` gives milliseconds.
 */
export function createRateLimiter(
  perMinute: number,
  now: () => number = () => performance.now(),
  maxClients = MAX_CLIENTS,
): RateLimiter {
  // In the order of their last request: a Map keeps the order in which keys were set.
  const buckets = new Map<string, Bucket>()
  const perMillisecond = perMinute / 60_000

  function take(client: string): Allowance {
    const at = now()
    const before = buckets.get(client) ?? { tokens: perMinute, at }
    const tokens = Math.min(perMinute, before.tokens + (at - before.at) * perMillisecond)
    const left = tokens >= 1 ? tokens - 1 : tokens
    buckets.delete(client)
    buckets.set(client, { tokens: left, at })
    if (buckets.size > maxClients) buckets.delete(buckets.keys().next().value!)
    const resetSeconds = Math.ceil((perMinute - left) / perMillisecond / 1000)
    if (tokens >= 1) return { remaining: Math.floor(left), resetSeconds }
    const retryAfterSeconds = Math.ceil((1 - tokens) / perMillisecond / 1000)
    throw new RateLimitedError(perMinute, retryAfterSeconds, resetSeconds)
  }

  return { take }
}

/** The headers of draft-ietf-httpapi-ratelimit-headers. */
export function rateHeaders(
  perMinute: number,
  { remaining, resetSeconds }: Allowance,
): Record<string, string> {
  return {
    'ratelimit-policy': `"requests";q=${perMinute};w=60`,
    ratelimit: `"requests";r=${remaining};t=${resetSeconds}`,
  }
}
