import { totalmem } from 'node:os'
import type { Config } from '../config/load.ts'
import { AlignError } from '../errors.ts'

/** Bytes that requests and jobs hold in memory, over all of them: bodies as they come, and audio that was fetched. */
export type Budget = {
  /** For one request or job, which holds nothing yet. */
  open(): Hold
  held(): number
}

export type Hold = {
  /**
   * Asks for room before anything is read, and takes none: what a client only announces costs nobody else his.
   * @throws AlignError QUEUE_FULL; AUDIO_TOO_LARGE where there would never be room
   */
  check(bytes: number): void
  /** Holds more. @throws AlignError as `check` */
  take(bytes: number): void
  /** Gives everything back, once or more often. */
  free(): void
}

export function createBudget(limit: number): Budget {
  let held = 0

  function open(): Hold {
    let own = 0
    function check(bytes: number): void {
      if (own + bytes > limit) {
        throw new AlignError('AUDIO_TOO_LARGE', `Expected at most ${limit} bytes of a request, got more`)
      }
      if (held + bytes > limit) {
        const got = `${held} and ${bytes} more`
        throw new AlignError(
          'QUEUE_FULL',
          `Expected at most ${limit} bytes of all requests at once, got ${got}`,
        )
      }
    }
    return {
      check,
      take(bytes) {
        check(bytes)
        own += bytes
        held += bytes
      },
      free() {
        held -= own
        own = 0
      },
    }
  }

  return { open, held: () => held }
}

const GIB = 2 ** 30
/** The rest is for the models, for what is decoded, and for the pieces in which bodies come. */
const SHARE = 1 / 4

/** The budget of the settings; where none is set, 1 GiB or a quarter of the memory there is, whichever is less. */
export function inflightBytes({ maxInflightBytes }: Pick<Config, 'maxInflightBytes'>): number {
  if (maxInflightBytes !== undefined) return maxInflightBytes
  // Without a limit of the container it is absurdly large, or 0, or not known.
  const constrained = process.constrainedMemory?.() || Number.POSITIVE_INFINITY
  return Math.floor(Math.min(GIB, Math.min(constrained, totalmem()) * SHARE))
}
