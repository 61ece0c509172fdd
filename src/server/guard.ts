import type { Config } from '../config/load.ts'
import { createKeyFinder, isOpen, NO_TENANT, type Tenant, tenantOf, unauthorized } from './auth.ts'
import { clientNetwork } from './client.ts'
import { createRateLimiter, RateLimitedError, rateHeaders } from './rate.ts'

/** Lets a request pass, and gives headers for its answer. */
export type Guard = {
  /** @throws AlignError UNAUTHORIZED, RATE_LIMITED */
  check(request: Request, server: unknown): Record<string, string>
  /** Headers for the answer to an error of the check. */
  headersFor(error: unknown): Record<string, string>
  /** Whose jobs a request is about. @throws AlignError UNAUTHORIZED */
  tenantOf(request: Request): Tenant
}

/** Scrapers come every few seconds and shall not go short when clients are busy. */
const UNCOUNTED = '/metrics'

/**
 * A check of requests against the keys, then against the rate. With keys each of them has a rate of its own, and whoever
 * brings none shares one by address, so that guessing keys is slow; without keys each address has one.
 */
export function createGuard({ apiKeys, rateLimitPerMinute }: Config): Guard {
  const findKey = apiKeys && createKeyFinder(apiKeys)
  const tenants = (apiKeys ?? []).map(tenantOf)
  const limiter = rateLimitPerMinute === undefined ? undefined : createRateLimiter(rateLimitPerMinute)

  function headersFor(error: unknown): Record<string, string> {
    if (!(error instanceof RateLimitedError)) return {}
    return rateHeaders(rateLimitPerMinute!, error.allowance)
  }

  function check(request: Request, server: unknown): Record<string, string> {
    const path = new URL(request.url).pathname
    if (isOpen(path)) return {}
    const key = findKey?.(request.headers)
    const counted = limiter && path !== UNCOUNTED
    const client = key === undefined ? clientNetwork(request, server) : `key ${key}`
    const allowance = counted ? limiter.take(client) : undefined
    if (findKey && key === undefined) throw unauthorized()
    return allowance ? rateHeaders(rateLimitPerMinute!, allowance) : {}
  }

  function tenantOfRequest(request: Request): Tenant {
    if (!findKey) return NO_TENANT
    const key = findKey(request.headers)
    if (key === undefined) throw unauthorized()
    return tenants[key]!
  }

  return { check, headersFor, tenantOf: tenantOfRequest }
}
