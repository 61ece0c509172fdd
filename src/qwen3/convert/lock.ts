import { open, readFile, rm, stat, utimes } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isGone, isThisProcess, type ProcessIdentity, thisProcess } from '../../disk/process-identity.ts'

const BEAT_MS = 2000
const STALE_MS = 30_000
const POLL_MS = 200

/**
 * Runs one piece of work at a time across processes: the others wait. The lock saves double work; it is not what keeps
 * results whole, so one that was left behind (its process is gone, or it has not been touched for 30 s) is taken over.
 * @param path of the lock file; its folder must be there
 */
export async function withLock<T>(path: string, run: () => Promise<T>): Promise<T> {
  let seen = { touched: Number.NaN, since: 0 }
  while (!(await take(path))) {
    const touched = (await stat(path).catch(() => undefined))?.mtimeMs
    if (touched === undefined) continue
    if (touched !== seen.touched) seen = { touched, since: performance.now() }
    // By the clock on the wall, or by how long we see it untouched: that clock may be set back.
    const stale = Date.now() - touched > STALE_MS || performance.now() - seen.since > STALE_MS
    if (stale || (await isOfTheDead(path))) await rm(path, { force: true })
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
    const holder = await readHolder(path)
    if (holder && isThisProcess(holder)) await rm(path, { force: true })
  }
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

async function isOfTheDead(path: string): Promise<boolean> {
  const holder = await readHolder(path)
  return holder !== undefined && isGone(holder)
}

/** Undefined while it is being written, or where it was released meanwhile. */
async function readHolder(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ProcessIdentity
  } catch {
    return undefined
  }
}
