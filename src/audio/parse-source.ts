import { fileURLToPath } from 'node:url'
import { AlignError } from '../errors.ts'
import type { AudioSource } from '../types.ts'
import { isUrl } from './describe.ts'

/** Where a source leads. Made by {@link parseSource} alone: what is checked is what is fetched. */
export type ParsedSource =
  | { kind: 'bytes'; bytes: Uint8Array }
  | { kind: 'blob'; blob: Blob }
  | { kind: 'file'; path: string }
  | { kind: 's3'; bucket: string; key: string }
  | { kind: 'http'; url: URL }

/**
 * Reads a source once, for whoever checks and fetches it.
 * @throws AlignError AUDIO_URL_FORBIDDEN where it is none of these
 */
export function parseSource(source: AudioSource | ParsedSource): ParsedSource {
  if (typeof source === 'string') return parseText(source)
  if (source instanceof Uint8Array) return { kind: 'bytes', bytes: source }
  if (source instanceof Blob) return { kind: 'blob', blob: source }
  if (source instanceof URL) return parseUrl(source)
  if (typeof source === 'object' && source !== null && 'kind' in source) return source
  throw forbidden(`a path, a URL, bytes or a Blob, got ${source === null ? 'null' : typeof source}`)
}

function parseText(text: string): ParsedSource {
  if (!isUrl(text)) {
    // URL parsers take these away; what looks like a URL must not be opened as a file.
    const trimmed = text.replace(/^[^\x21-\u{10ffff}]+/u, '')
    if (trimmed !== text && isUrl(trimmed)) throw forbidden('a URL without white space before it, got some')
    return { kind: 'file', path: text }
  }
  // Keys may hold ? and #, which a URL would cut off.
  const [s3] = /^s3:\/\//i.exec(text) ?? []
  if (s3 !== undefined) return parseLocation(text.slice(s3.length))
  if (/^(https?|s3):(?!\/\/)/i.test(text)) throw forbidden('a URL with // behind its scheme, got one without')
  if (!URL.canParse(text)) throw forbidden('a well-formed URL, got one that cannot be read')
  return parseUrl(new URL(text))
}

function parseUrl(url: URL): ParsedSource {
  switch (url.protocol) {
    case 'http:':
    case 'https:':
      // A copy: what is checked must not be changed by its owner afterwards.
      return { kind: 'http', url: new URL(url) }
    case 's3:':
      return parseS3Url(url)
    case 'file:':
      return { kind: 'file', path: pathOf(url) }
    default:
      throw forbidden(`an http, https or s3 URL, got ${url.protocol.slice(0, 20)}//`)
  }
}

function parseS3Url({ host, pathname, username, password, search, hash }: URL): ParsedSource {
  if (username || password)
    throw forbidden('s3://bucket/key without user name and password, got one with them')
  if (search || hash) throw forbidden('an s3: URL with ? and # written as %3F and %23, got one with a query')
  return parseLocation(host + decoded(pathname))
}

/** @param location bucket/key, where the key is as the storage knows it */
function parseLocation(location: string): ParsedSource {
  const slash = location.indexOf('/')
  const bucket = location.slice(0, Math.max(slash, 0))
  const key = location.slice(slash + 1)
  if (!/^[a-z0-9][\w.-]{0,254}$/i.test(bucket) || bucket.includes('..') || !key) {
    const shown = JSON.stringify(`s3://${location}`.slice(0, 200))
    throw forbidden(`s3://bucket/key, got ${shown}`)
  }
  // A storage whose buckets stand in the path would be asked for another bucket.
  if (key.split('/').some((part) => part === '.' || part === '..')) {
    throw forbidden('a key without the parts . and .., got one with them')
  }
  return { kind: 's3', bucket, key }
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname)
  } catch (cause) {
    throw forbidden('a URL in which % begins an escape (a % of the key is written %25), got another', cause)
  }
}

function pathOf(url: URL): string {
  if (url.host) throw forbidden('a file: URL of this machine, got one with a host')
  // Bun takes escapes that are none for letters.
  decoded(url.pathname)
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw forbidden('a file: URL that names a file, got one with escapes that no name can have', cause)
  }
}

function forbidden(what: string, cause?: unknown): AlignError {
  return new AlignError('AUDIO_URL_FORBIDDEN', `Expected ${what}`, cause === undefined ? {} : { cause })
}
