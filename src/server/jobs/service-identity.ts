import { randomUUID } from 'node:crypto'
import { hasEnded, PID_NAMESPACE } from '../../disk/process-identity.ts'

/** A service that runs jobs: `namespace` is where the id of its process has a meaning. */
type ServiceIdentity = { namespace: string; pid: number; id: string }

/** The identity of a new service in this process, as it is kept with the jobs that it runs. */
export function newIdentity(): string {
  const identity: ServiceIdentity = { namespace: PID_NAMESPACE, pid: process.pid, id: randomUUID() }
  return JSON.stringify(identity)
}

/**
 * Whether the owner of a job is known to be dead. One in another namespace, or one whose process id lives, may be alive:
 * its lease tells, by running out. That also holds for those of earlier versions, which name no namespace.
 */
export function isDead(owner: string, self: string): boolean {
  const { namespace, pid } = JSON.parse(owner) as ServiceIdentity
  if (namespace !== PID_NAMESPACE || owner === self) return false
  // Another one with our process id has been before us (in a container it is the same at every start), or is a second
  // service inside this very process.
  if (pid === process.pid) return !living.has(owner)
  return hasEnded(pid)
}

/** The identities of the services that live in this process. */
export const living = new Set<string>()
