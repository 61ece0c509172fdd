import { AlignError } from '../errors.ts'
import type { OpenRequest } from './requests.ts'

export type Places = {
  /** Whether there is one, before a body is read for nothing. @throws AlignError QUEUE_FULL */
  check(): void
  /** @throws AlignError QUEUE_FULL */
  take(request: OpenRequest): void
  taken(): number
}

/**
 * Places for requests that carry audio, taken when their bodies are there: a client that sends a head and nothing more has
 * none. What comes before is bound in bytes (budget.ts). A place is free again when its request has been answered.
 */
export function createPlaces(places: number): Places {
  let taken = 0

  function check(): void {
    if (taken < places) return
    throw new AlignError('QUEUE_FULL', `Expected at most ${places} requests at once, got one more`)
  }

  return {
    check,
    taken: () => taken,
    take({ onClose }) {
      check()
      taken++
      onClose.push(() => taken--)
    },
  }
}
