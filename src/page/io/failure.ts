/** Why something did not work, for people: `code` is one of the service or of the page, and has words in every language. */
export class Failure extends Error {
  override name = 'Failure'
  readonly code: string
  /** Finds the request in the log of the service. */
  readonly requestId: string | undefined
  readonly retryable: boolean

  constructor(
    code: string,
    message: string,
    {
      requestId,
      retryable = false,
      cause,
    }: { requestId?: string; retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.code = code
    this.requestId = requestId
    this.retryable = retryable
  }
}
