import { createHash, timingSafeEqual } from 'node:crypto'
import { AlignError } from '../errors.ts'

/** Paths that answer without a key: probes, documentation, and the page, which asks for the key itself. */
const OPEN = /^\/(?:health|api\/v1\/(?:health|live)|openapi(?:\/json)?|page\/[\w.-]+)?$/

/**
 * A check of requests against the keys; without keys all may pass.
 * @throws AlignError UNAUTHORIZED from the check
 */
export function createGuard(keys: readonly string[] | undefined): (request: Request) => void {
  if (!keys) return () => {}
  const digests = keys.map(digest)
  return (request) => {
    if (OPEN.test(new URL(request.url).pathname)) return
    const given = digest(keyOf(request.headers))
    // Digests are of one length, and every one is compared: the time says nothing about the keys.
    const matches = digests.filter((each) => timingSafeEqual(each, given))
    if (matches.length > 0) return
    throw new AlignError(
      'UNAUTHORIZED',
      'Expected a valid API key as "Authorization: Bearer KEY" or "X-API-Key: KEY", got none or another one',
    )
  }
}

function keyOf(headers: Headers): string {
  const bearer = /^Bearer +(.+)$/i.exec(headers.get('authorization') ?? '')
  return headers.get('x-api-key') ?? bearer?.[1] ?? ''
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
