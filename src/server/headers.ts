const COMMON = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

const NOTHING = "default-src 'none'; frame-ancestors 'none'"

// The style sheet that wavesurfer.js 8.0.1 writes into the shadow tree of a waveform of the page's height.
const WAVEFORM_STYLE = 'sha256-4hGoO+X6KXe8Gw08N/aBKwvHEYryxn/8CNSB0dTq+m0='

const PAGE = [
  `default-src 'none'; script-src 'self'; style-src 'self' '${WAVEFORM_STYLE}'; connect-src 'self'; img-src data:`,
  'media-src blob:',
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
