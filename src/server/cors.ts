const EXPOSED = 'x-request-id, retry-after, preference-applied, ratelimit, ratelimit-policy, location'
const METHODS = 'GET, HEAD, POST, DELETE, OPTIONS'
// Authorization has to be named: * does not cover it.
const HEADERS = 'authorization, content-type, idempotency-key, last-event-id, prefer, x-api-key, x-request-id'
const MAX_AGE_SECONDS = 600

/** What pages of other origins may do. */
export type Cors = {
  /** Headers for the answer to any request. */
  headers(request: Request): Record<string, string>
  /** The answer to a preflight; undefined where a request is none, or comes from elsewhere. */
  preflight(request: Request): Response | undefined
}

/**
 * Allows the listed origins. Keys travel in headers that a page sets itself, never in cookies: credentials are not
 * allowed to any origin, so * gives a page no more than its own key.
 */
export function createCors(origins: readonly string[] | undefined): Cors {
  if (!origins) return { headers: () => ({}), preflight: () => undefined }
  const everyone = origins.includes('*')

  function allowed(request: Request): string | undefined {
    const origin = request.headers.get('origin')
    if (origin === null || everyone) return everyone ? '*' : undefined
    return origins!.includes(origin) ? origin : undefined
  }

  function headers(request: Request): Record<string, string> {
    const origin = allowed(request)
    return {
      ...(!everyone && { vary: 'origin' }),
      ...(origin && { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED }),
    }
  }

  function preflight(request: Request): Response | undefined {
    const isPreflight = request.method === 'OPTIONS' && request.headers.has('access-control-request-method')
    if (!isPreflight || !allowed(request)) return undefined
    return new Response(null, {
      status: 204,
      headers: {
        ...headers(request),
        'access-control-allow-methods': METHODS,
        'access-control-allow-headers': HEADERS,
        'access-control-max-age': String(MAX_AGE_SECONDS),
      },
    })
  }

  return { headers, preflight }
}
