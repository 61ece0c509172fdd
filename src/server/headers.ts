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

// The interactive documentation loads its viewer from this address; the JSON beside it needs nothing.
const VIEWER = 'https://cdn.jsdelivr.net'
const DOCUMENTATION = `default-src 'self' data: ${VIEWER}; script-src 'unsafe-inline' ${VIEWER}; style-src 'unsafe-inline' ${VIEWER}; frame-ancestors 'none'`

/** The security headers of an answer, by the path that was asked for. */
export function securityHeaders(path: string): Record<string, string> {
  const policy = path === '/' ? PAGE : path === '/openapi' ? DOCUMENTATION : NOTHING
  return { ...COMMON, 'content-security-policy': policy }
}
