import { randomUUID } from 'node:crypto'
import { hasEnded, THIS_PLACE } from '../../disk/process-identity.ts'

/** A process that runs jobs: `place` is where its process id has a meaning. */
type Owner = { place: string; pid: number; id: string }

/** A new owner in this process. */
export function newOwner(): string {
  return JSON.stringify({ place: THIS_PLACE, pid: process.pid, id: randomUUID() } satisfies Owner)
}

/**
 * Whether an owner is known to be dead. One in another place, or one whose process id lives, may be alive: its lease
 * tells, by running out.
 */
export function isDead(owner: string, self: string): boolean {
  const { place, pid } = JSON.parse(owner) as Owner
  if (place !== THIS_PLACE || owner === self) return false
  // Another one with our process id has been before us (in a container it is the same at every start), or is a second
  // service inside this very process.
  if (pid === process.pid) return !owners.has(owner)
  return hasEnded(pid)
}

/** The owners that live in this process. */
export const owners = new Set<string>()
