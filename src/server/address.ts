/**
 * Gives a request an address that can be parsed where its client sent a Host header that makes none, or none at all: the
 * routes go by path and query alone. Bun leaves the host out then, and both runtimes pass on a port such as 99999. The
 * request stays the same object, because the server knows its connection by it.
 */
export function mendAddress(request: Request): void {
  if (URL.canParse(request.url)) return
  const target = request.url.replace(/^https?:\/\/[^/?#]*/i, '')
  const path = target.startsWith('/') ? target : `/${target}`
  Object.defineProperty(request, 'url', { value: new URL(`http://localhost${path}`).href })
}

/** Whether the escapes of a path can be read. Those that cannot (%zz, %ff) name nothing. */
export function hasReadableEscapes(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}
