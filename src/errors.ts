type CodeInfo = {
  /** HTTP status. */
  status: number
  /** Whether the same request may succeed later, unless the error itself says otherwise. */
  retryable: boolean
  /** HTTP status when the error itself says it is retryable. */
  statusIfRetryable?: number
  when: string
}

/** Every way to fail: the closed set of codes, their HTTP statuses and meanings. The README's table is printed from it. */
export const ERROR_CODES = {
  LYRICS_EMPTY: { status: 400, retryable: false, when: 'the lyrics hold no line that is sung' },
  AUDIO_TOO_LONG: { status: 400, retryable: false, when: 'the recording is longer than MAX_AUDIO_SECONDS' },
  AUDIO_FETCH_FAILED: {
    status: 400,
    statusIfRetryable: 502,
    retryable: false,
    when: 'the audio could not be fetched: 400 where the source answers 4xx or the file is not there, 502 where the storage fails',
  },
  AUDIO_URL_FORBIDDEN: {
    status: 400,
    retryable: false,
    when: 'the URL is of a kind or address that is not allowed',
  },
  BODY_INVALID: { status: 400, retryable: false, when: 'the request does not have the documented shape' },
  UNAUTHORIZED: { status: 401, retryable: false, when: 'an API key is set and the request lacks it' },
  NOT_FOUND: { status: 404, retryable: false, when: 'there is nothing at this address' },
  METHOD_NOT_ALLOWED: {
    status: 405,
    retryable: false,
    when: 'there is something at this address, but not for this method; see Allow',
  },
  OUTPUT_EXISTS: {
    status: 409,
    retryable: false,
    when: 'a file that would be written is there, and was not written by the same work (command line and alignFolder)',
  },
  BODY_TIMEOUT: { status: 408, retryable: true, when: 'nothing came of the request for BODY_IDLE_SECONDS' },
  AUDIO_TOO_LARGE: {
    status: 413,
    retryable: false,
    when: 'the audio is over MAX_AUDIO_BYTES, or more than all requests may hold',
  },
  LYRICS_TOO_LARGE: {
    status: 413,
    retryable: false,
    when: 'the lyrics are over the limit of characters or lines',
  },
  AUDIO_UNREADABLE: { status: 422, retryable: false, when: 'the bytes are not audio that can be decoded' },
  AUDIO_TOO_SHORT: { status: 422, retryable: false, when: 'the recording is too short to hold the lyrics' },
  LYRICS_UNREADABLE: {
    status: 422,
    retryable: false,
    when: 'the lyrics are not there, or not text in the encoding that was expected',
  },
  LANGUAGE_UNSUPPORTED: {
    status: 422,
    retryable: false,
    when: 'the language is not one of the supported names and codes',
  },
  INPUT_QUARANTINED: {
    status: 422,
    retryable: false,
    when: 'this recording with these lyrics has ended two workers that ran it alone; refused for QUARANTINE_SECONDS',
  },
  QUEUE_FULL: {
    status: 429,
    retryable: true,
    when: 'more requests wait than MAX_QUEUE, or all of them hold MAX_INFLIGHT_BYTES; see Retry-After',
  },
  RATE_LIMITED: {
    status: 429,
    retryable: true,
    when: 'this key or address sent more requests than RATE_LIMIT_PER_MINUTE; see Retry-After',
  },
  CANCELLED: { status: 499, retryable: true, when: 'the caller went away or cancelled' },
  ALIGNMENT_FAILED: {
    status: 500,
    retryable: true,
    when: 'our fault; the request id finds the cause in the log',
  },
  STORAGE_NOT_CONFIGURED: {
    status: 500,
    retryable: false,
    when: 's3:// was asked for and its credentials are not set',
  },
  CONFIG_INVALID: {
    status: 500,
    retryable: false,
    when: 'an option or environment variable has a value that cannot work',
  },
  MODEL_INVALID: {
    status: 500,
    retryable: false,
    when: 'the model folder is missing, damaged, or not a model we can run',
  },
  CACHE_UNWRITABLE: { status: 500, retryable: false, when: 'CACHE_DIR cannot be written' },
  MODEL_NOT_READY: {
    status: 503,
    retryable: true,
    when: 'the model is loading or failed to load, or a worker cannot be started again or load what it needs (the reason is given)',
  },
  DRAINING: { status: 503, retryable: true, when: 'the service is shutting down' },
  AUDIO_FETCH_TIMEOUT: { status: 504, retryable: true, when: 'the storage stalled' },
  DEADLINE_EXCEEDED: { status: 504, retryable: true, when: 'the request took longer than its time limit' },
} as const satisfies Record<string, CodeInfo>

export type ErrorCode = keyof typeof ERROR_CODES

/** An error as it crosses threads and goes into HTTP bodies. */
export type ErrorData = { code: ErrorCode; message: string; retryable: boolean; stack?: string }

export type AlignErrorOptions = { retryable?: boolean; cause?: unknown }

/** The one error class of the package: `code` says which of {@link ERROR_CODES}, `message` what was expected and what came. */
export class AlignError extends Error {
  readonly code: ErrorCode
  readonly retryable: boolean

  constructor(code: ErrorCode, message: string, { retryable, cause }: AlignErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'AlignError'
    this.code = code
    this.retryable = retryable ?? ERROR_CODES[code].retryable
  }

  /** The HTTP status of this error. */
  get status(): number {
    const info: CodeInfo = ERROR_CODES[this.code]
    return (this.retryable && info.statusIfRetryable) || info.status
  }
}

/**
 * Plain data to send across a thread. An unknown error becomes ALIGNMENT_FAILED; what it says, which may name files of ours,
 * stays in the stack, for the log.
 */
export function errorToData(error: unknown): ErrorData {
  if (error instanceof AlignError) {
    return { code: error.code, message: error.message, retryable: error.retryable, ...stackOf(error) }
  }
  return {
    code: 'ALIGNMENT_FAILED',
    message: `Expected an alignment, got an unexpected error (${kindOf(error)}); the log has its stack`,
    retryable: ERROR_CODES.ALIGNMENT_FAILED.retryable,
    ...stackOf(error),
  }
}

/** Rebuilds what {@link errorToData} took apart. */
export function errorFromData({ code, message, retryable, stack }: ErrorData): AlignError {
  const error = new AlignError(code, message, { retryable })
  if (stack) error.stack = stack
  return error
}

/** What kind of error it is, without its own words: EMFILE, TypeError. */
export function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' ? code : error.name
}

function stackOf(error: unknown): { stack?: string } {
  if (!(error instanceof Error) || !error.stack) return {}
  const cause = error.cause instanceof Error ? stackOf(error.cause).stack : undefined
  return { stack: cause === undefined ? error.stack : `${error.stack}\nCaused by: ${cause}` }
}
