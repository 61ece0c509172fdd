import { AlignError } from '../errors.ts'

/** What ends a transfer. */
export type TransferLimits = {
  /** Largest recording, bytes, after any content-decoding. */
  maxBytes: number
  /** Time for all of it, seconds, retries included. */
  timeoutSeconds: number
  /** Time in which nothing comes, seconds. */
  idleSeconds?: number
  /** Told of the bytes that come, before they are kept, and again, below 0, of those that are dropped; what it throws ends it. */
  onFetched?: ((bytes: number) => void) | undefined
  /** Cancels: rejects with CANCELLED. */
  signal?: AbortSignal | undefined
}

/** A transfer under way; its signal aborts with the AlignError that says why. */
export type Transfer = {
  signal: AbortSignal
  /** Call it when something came: the idle time starts anew. */
  alive(): void
  /** Reads a body to its end. @throws AlignError AUDIO_TOO_LARGE as soon as it is over the limit */
  collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array>
  /** Refuses a size that is known before. */
  checkSize(bytes: number): void
}

const IDLE_SECONDS = 15

/**
 * Runs a transfer under its limits. Whatever it fails with, once its signal has aborted the reason for that is thrown
 * instead, so that a limit never looks like a broken connection.
 */
export async function withLimits<T>(
  limits: TransferLimits,
  run: (transfer: Transfer) => Promise<T>,
): Promise<T> {
  const { maxBytes, timeoutSeconds, idleSeconds = IDLE_SECONDS, signal, onFetched = () => {} } = limits
  const controller = new AbortController()
  const end = (error: AlignError) => controller.abort(error)
  const cancel = () => end(new AlignError('CANCELLED', 'Cancelled while fetching the audio'))
  const total = setTimeout(() => end(tooSlow(`within ${timeoutSeconds} s`)), timeoutSeconds * 1000)
  const idle = setTimeout(() => end(tooSlow(`without a pause of ${idleSeconds} s`)), idleSeconds * 1000)
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel)
  const alive = () => void idle.refresh()
  const collect = async (body: AsyncIterable<Uint8Array>) => {
    let held = 0
    const came = (bytes: number) => {
      alive()
      onFetched(bytes)
      held += bytes
    }
    return collectBody(body, maxBytes, came).catch((error) => {
      // What came of an attempt that failed is not kept for the next one.
      onFetched(-held)
      throw error
    })
  }
  const checkSize = (bytes: number) => checkSizeOf(bytes, maxBytes)
  try {
    const transfer = { signal: controller.signal, alive, collect, checkSize }
    return await Promise.race([aborted(controller.signal), run(transfer)])
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error
  } finally {
    clearTimeout(total)
    clearTimeout(idle)
    signal?.removeEventListener('abort', cancel)
  }
}

/** Some things cannot be stopped, as asking for a name: then nobody waits for them. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function tooSlow(expected: string): AlignError {
  return new AlignError('AUDIO_FETCH_TIMEOUT', `Expected the audio ${expected}, got no more of it`)
}

async function collectBody(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  came: (bytes: number) => void,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of body) {
    came(piece.length)
    size += piece.length
    if (size > maxBytes) {
      throw new AlignError('AUDIO_TOO_LARGE', `Expected at most ${maxBytes} bytes of audio, got more`)
    }
    pieces.push(piece)
  }
  return joinBytes(pieces, size)
}

function joinBytes(pieces: Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size)
  let offset = 0
  for (const piece of pieces) {
    whole.set(piece, offset)
    offset += piece.length
  }
  return whole
}

function checkSizeOf(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) {
    throw new AlignError('AUDIO_TOO_LARGE', `Expected at most ${maxBytes} bytes of audio, got ${bytes}`)
  }
}
