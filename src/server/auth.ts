import { createHash, timingSafeEqual } from 'node:crypto'
import { AlignError } from '../errors.ts'

/** Paths that answer without a key: probes, documentation, and the page, which asks for the key itself. */
const OPEN = /^\/(?:health|api\/v1\/(?:health|live)|openapi(?:\/json)?|page\/[\w.-]+)?$/

/** Whether a path is for everyone: neither keys nor rates are asked there. */
export function isOpen(path: string): boolean {
  return OPEN.test(path)
}

/** Says which key a request brings, by its number; undefined where it brings none that is known. */
export type KeyFinder = (headers: Headers) => number | undefined

export function createKeyFinder(keys: readonly string[]): KeyFinder {
  const digests = keys.map(digest)
  return (headers) => {
    const given = digest(keyOf(headers))
    // Digests are of one length, and every one is compared: the time says nothing about the keys.
    const matches = digests.map((each) => timingSafeEqual(each, given))
    const found = matches.indexOf(true)
    return found < 0 ? undefined : found
  }
}

/** Whose a job is: the SHA-256 of a key, hexadecimal; empty where no keys are set, and everyone is one tenant. */
export type Tenant = string

export const NO_TENANT: Tenant = ''

export function tenantOf(key: string): Tenant {
  return digest(key).toString('hex')
}

export function unauthorized(): AlignError {
  return new AlignError(
    'UNAUTHORIZED',
    'Expected a valid API key as "Authorization: Bearer KEY" or "X-API-Key: KEY", got none or another one',
  )
}

function keyOf(headers: Headers): string {
  const given = headers.get('authorization') ?? ''
  const bearer = /^Bearer /i.test(given) ? given.slice('Bearer '.length).trim() : ''
  return headers.get('x-api-key') ?? bearer
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
