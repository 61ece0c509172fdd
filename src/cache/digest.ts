import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'

// About 2 ms of work: the main thread answers /health in between.
const STEP_BYTES = 4 * 2 ** 20

/** SHA-256 of bytes that may be many, hexadecimal. */
export async function digestOf(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256')
  for (let start = 0; start < bytes.length; start += STEP_BYTES) {
    if (start > 0) await setImmediate()
    hash.update(bytes.subarray(start, start + STEP_BYTES))
  }
  return hash.digest('hex')
}

/** SHA-256 of a list of values that JSON can hold, hexadecimal: the key of what depends on them. */
export function keyOf(...values: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex')
}
