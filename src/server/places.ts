import { AlignError } from '../errors.ts'
import type { OpenRequest } from './requests.ts'

export type Places = {
  /** @throws AlignError QUEUE_FULL */
  take(request: OpenRequest): void
  taken(): number
}

/**
 * Places for requests that carry audio, taken before a body is read, so that waiting uploads cannot fill the memory. A
 * place is free again when its request has been answered.
 */
export function createPlaces(places: number): Places {
  let taken = 0
  return {
    taken: () => taken,
    take({ onClose }) {
      if (taken >= places) {
        throw new AlignError('QUEUE_FULL', `Expected at most ${places} requests at once, got one more`)
      }
      taken++
      onClose.push(() => taken--)
    },
  }
}
