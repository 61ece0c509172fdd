import { hostname } from 'node:os'

/** A process; `started` in seconds since 1970 tells it from another that has its number after a restart. */
export type Owner = { pid: number; started: number; host: string }

const CLOCK_SLACK = 3 // seconds

export function thisProcess(): Owner {
  return { pid: process.pid, started: Math.round(Date.now() / 1000 - process.uptime()), host: hostname() }
}

/** Whether the process has ended for certain: nothing is known of those on other hosts. */
export function isGone(owner: Owner): boolean {
  if (owner.host !== hostname()) return false
  // a container that starts again has its old process number
  if (owner.pid === process.pid) return !isThisProcess(owner)
  try {
    process.kill(owner.pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

export function isThisProcess({ pid, started, host }: Owner): boolean {
  const self = thisProcess()
  return pid === self.pid && host === self.host && Math.abs(started - self.started) <= CLOCK_SLACK
}

/** As a part of a file's name. */
export function nameOf({ pid, started, host }: Owner): string {
  return `${pid}-${started}-${host}`
}

/** Undefined where the name is not that of an owner. */
export function ownerNamed(name: string): Owner | undefined {
  const [, pid, started, host] = /^(\d+)-(\d+)-(.+)$/.exec(name) ?? []
  return host === undefined ? undefined : { pid: Number(pid), started: Number(started), host }
}
