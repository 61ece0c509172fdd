const COMMON = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

const NOTHING = "default-src 'none'; frame-ancestors 'none'"

const PAGE = [
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; media-src blob:",
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
].join('; ')

// Its viewer writes styles into its elements.
const REFERENCE = [
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:",
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
].join('; ')

/** The security headers of an answer, by the path that was asked for. */
export function securityHeaders(path: string): Record<string, string> {
  const policy = path === '/' ? PAGE : path === '/openapi' ? REFERENCE : NOTHING
  return { ...COMMON, 'content-security-policy': policy }
}
