import type { AudioSource } from '../types.ts'

/** Names a source for logs and messages: no credentials, no query string, which may hold a signature. */
export function describeSource(source: AudioSource): string {
  if (source instanceof Uint8Array) return `${source.length} bytes`
  if (source instanceof Blob) return `a blob of ${source.size} bytes`
  if (source instanceof URL) return describeUrl(source)
  return isUrl(source) ? describeUrlText(source) : source
}

/** Whether a string is meant as a URL: C:\song.mp3 and "song: live.mp3" are paths, http:/a is a URL that is wrong. */
export function isUrl(source: string): boolean {
  return /^([a-z][a-z0-9+.-]*:\/\/|(https?|s3|data|file|blob):)/i.test(source)
}

function describeUrlText(source: string): string {
  if (source.startsWith('s3://')) return source
  return URL.canParse(source) ? describeUrl(new URL(source)) : 'a malformed URL'
}

function describeUrl({ protocol, host, pathname }: URL): string {
  return protocol === 'data:' || protocol === 'blob:'
    ? `a ${protocol} URL`
    : `${protocol}//${host}${pathname}`
}
