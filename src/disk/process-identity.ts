import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** A process; `started` in seconds since 1970 tells it from another that has its number after a restart. */
export type ProcessIdentity = { pid: number; started: number; host: string }

const CLOCK_SLACK = 3 // seconds

// Computed once: the clock may be set while the process runs, which stays the one it is.
const SELF: ProcessIdentity = Object.freeze({
  pid: process.pid,
  started: Math.round(Date.now() / 1000 - process.uptime()),
  host: hostname(),
})

export function thisProcess(): ProcessIdentity {
  return SELF
}

/** Whether the process has ended for certain: nothing is known of those on other hosts. */
export function isGone(other: ProcessIdentity): boolean {
  if (other.host !== hostname()) return false
  // a container that starts again has its old process number
  return other.pid === process.pid ? !isThisProcess(other) : hasEnded(other.pid)
}

/** Whether there is no process of this number in the namespace of this one. */
export function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

export function isThisProcess({ pid, started, host }: ProcessIdentity): boolean {
  const self = thisProcess()
  return pid === self.pid && host === self.host && Math.abs(started - self.started) <= CLOCK_SLACK
}

/**
 * Names the namespace in which the process ids of this process have their meaning. Stricter than the name of a host, which containers may share: it tells one boot of
 * a machine from the next and, on Linux, the process ids that containers have each for themselves.
 */
export const PID_NAMESPACE = readPidNamespace()

function readPidNamespace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    // Not Linux: no such files, and no process ids of containers.
    return hostname()
  }
}
