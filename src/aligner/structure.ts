import { AlignError } from '../errors.ts'
import { STRUCTURES, type Structure } from '../types.ts'

/** @throws AlignError CONFIG_INVALID where it is none of {@link STRUCTURES} */
export function resolveStructure(name: string): Structure {
  const found = STRUCTURES.find((structure) => structure === name)
  if (found) return found
  throw new AlignError(
    'CONFIG_INVALID',
    `Expected structure to be ${STRUCTURES.join(' or ')}, got ${JSON.stringify(name)}`,
  )
}
