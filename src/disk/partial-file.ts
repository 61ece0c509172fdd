import { createHash, randomUUID } from 'node:crypto'
import { isGone, PID_NAMESPACE, thisProcess } from './process-identity.ts'

const ENDING = '.tmp'
const NAMED = /\.[0-9a-f-]{36}\.([0-9a-f]{16})-(\d+)-(\d+)\.tmp$/
// A file that is still being written is younger than this. It tells where the name does not: of writers in other namespaces of process ids.
const ABANDONED_MS = 3600 * 1000

const HERE = createHash('sha256').update(PID_NAMESPACE).digest('hex').slice(0, 16)

/** The temporary name of a file, which is renamed when it is whole: in the same folder, and telling who writes it. */
export function partialName(file: string): string {
  const { pid, started } = thisProcess()
  return `${file}.${randomUUID()}.${HERE}-${pid}-${started}${ENDING}`
}

export function isPartial(file: string): boolean {
  return file.endsWith(ENDING)
}

/** Whether a file has the name of a partial one, and nobody writes it any more: for folders that hold files of others as well. */
export function isLeftOver(file: string, modifiedMs: number): boolean {
  return NAMED.test(file) && isAbandonedPartial(file, modifiedMs)
}

/** Whether nobody writes a partial file any more: its process has ended, or it is old. */
export function isAbandonedPartial(file: string, modifiedMs: number): boolean {
  if (Date.now() - modifiedMs > ABANDONED_MS) return true
  const [, namespace, pid, started] = NAMED.exec(file) ?? []
  return namespace === HERE && isGone({ ...thisProcess(), pid: Number(pid), started: Number(started) })
}
