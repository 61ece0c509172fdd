import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

// What Linux tells of processes in /proc; nothing of this is known elsewhere.

/** The processes that one has started and that still run. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => numberIn(each, 'PPid') === pid && isAlive(each))
}

/** Whether a process runs; one that only waits to be asked for its end does not. */
export function isAlive(pid: number): boolean {
  const status = statusOf(pid)
  return status !== '' && !/^State:\s+Z/m.test(status)
}

/** Memory of a process, bytes, in which what it shares with others is divided among them. */
export function sharedOutMemory(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)![1]) * 1024
}

/** Resident memory of a process, bytes. */
export function residentMemory(pid: number): number {
  return (numberIn(pid, 'VmRSS') ?? 0) * 1024
}

export function threadsOf(pid: number): number {
  return numberIn(pid, 'Threads') ?? 0
}

/** Open files of a process, and how many of them are sockets. */
export function handlesOf(pid: number): { files: number; sockets: number } {
  const folder = `/proc/${pid}/fd`
  const targets = readdirSync(folder).map((name) => targetOf(`${folder}/${name}`))
  return { files: targets.length, sockets: targets.filter((target) => target.startsWith('socket:')).length }
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return '' // closed meanwhile
  }
}

function numberIn(pid: number, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(statusOf(pid))
  return found ? Number(found[1]) : undefined
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return '' // it has ended
  }
}
