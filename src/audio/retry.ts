import type { AlignError } from '../errors.ts'

const ATTEMPTS = 3
const FIRST_PAUSE = 250 // ms, doubled for each further one

/**
 * Runs something up to three times, as long as its failures are worth trying again. An attempt is all of it: a body that
 * breaks off in its middle is fetched anew.
 */
export async function withRetries<T>(
  run: () => Promise<T>,
  asFailure: (error: unknown) => AlignError,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      signal.throwIfAborted()
      const failure = asFailure(error)
      if (!failure.retryable || attempt === ATTEMPTS) throw failure
      await pause(FIRST_PAUSE * 2 ** (attempt - 1), signal)
    }
  }
}

/** Waits before another attempt; ends at once when the signal aborts. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal.addEventListener('abort', stop, { once: true })
  })
}
