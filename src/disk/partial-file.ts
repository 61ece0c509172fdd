import { createHash, randomUUID } from 'node:crypto'
import { isGone, THIS_PLACE, thisProcess } from './process-identity.ts'

const ENDING = '.tmp'
const NAMED = /\.[0-9a-f-]{36}\.([0-9a-f]{16})-(\d+)-(\d+)\.tmp$/
// A file that is still being written is younger than this. It tells where the name does not: of writers in other places.
const ABANDONED_MS = 3600 * 1000

const HERE = createHash('sha256').update(THIS_PLACE).digest('hex').slice(0, 16)

/** Where a file is written before it is renamed to its place: beside it, by a name that tells who writes it. */
export function unfinishedName(file: string): string {
  const { pid, started } = thisProcess()
  return `${file}.${randomUUID()}.${HERE}-${pid}-${started}${ENDING}`
}

export function isUnfinished(file: string): boolean {
  return file.endsWith(ENDING)
}

/** Whether nobody writes an unfinished file any more: its process has ended, or it is old. */
export function isAbandoned(file: string, modifiedMs: number): boolean {
  if (Date.now() - modifiedMs > ABANDONED_MS) return true
  const [, place, pid, started] = NAMED.exec(file) ?? []
  return place === HERE && isGone({ ...thisProcess(), pid: Number(pid), started: Number(started) })
}
