import { open, readFile, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

const BEAT_MS = 2000
const STALE_MS = 30_000
const POLL_MS = 200

/** A process; `started` in seconds since 1970 tells it from another that has its number after a restart. */
export type Owner = { pid: number; started: number; host: string }

export function thisProcess(): Owner {
  return { pid: process.pid, started: Math.round(Date.now() / 1000 - process.uptime()), host: hostname() }
}

/**
 * Runs one piece of work at a time across processes: the others wait. The lock saves double work; it is not what keeps
 * results whole, so one that was left behind (its process is gone, or it has not been touched for 30 s) is taken over.
 * @param path of the lock file; its folder must be there
 */
export async function withLock<T>(path: string, run: () => Promise<T>): Promise<T> {
  while (!(await take(path))) {
    if (await isLeftBehind(path)) await rm(path, { force: true })
    else await sleep(POLL_MS)
  }
  const beat = setInterval(() => {
    const now = new Date()
    // a lock that is gone cannot be touched; the work goes on
    utimes(path, now, now).catch(() => {})
  }, BEAT_MS)
  beat.unref()
  try {
    return await run()
  } finally {
    clearInterval(beat)
    // one that was taken over meanwhile is another's
    if (isSame(await readOwner(path), thisProcess())) await rm(path, { force: true })
  }
}

function isSame(a: Owner | undefined, b: Owner): boolean {
  return (
    a !== undefined && a.pid === b.pid && a.host === b.host && Math.abs(a.started - b.started) <= CLOCK_SLACK
  )
}

async function take(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx')
    await handle.writeFile(JSON.stringify(thisProcess()))
    await handle.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function isLeftBehind(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  if (!found) return false
  if (Date.now() - found.mtimeMs > STALE_MS) return true
  const owner = await readOwner(path)
  return owner !== undefined && isGone(owner)
}

/** Undefined while it is being written, or where it was released meanwhile. */
async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner
  } catch {
    return undefined
  }
}

const CLOCK_SLACK = 3 // seconds

/** Whether the process has ended for certain: nothing is known of those on other hosts. */
export function isGone({ pid, started, host }: Owner): boolean {
  const self = thisProcess()
  if (host !== self.host) return false
  // a container that starts again has its old process number
  if (pid === self.pid) return Math.abs(started - self.started) > CLOCK_SLACK
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
