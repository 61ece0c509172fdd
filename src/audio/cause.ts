/**
 * An error as a cause: what it is called and says, and where. Not its properties: libraries hang the whole request on
 * them, with signature, keys and query.
 */
export function causeOf(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  const cause = new Error(error.message)
  cause.name = error.name
  if (error.stack) cause.stack = error.stack
  return cause
}
