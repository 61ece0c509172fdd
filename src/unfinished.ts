import { randomUUID } from 'node:crypto'
import { isGone, nameOf, ownerNamed, thisProcess } from './owner.ts'

const ENDING = '.tmp'
const NAMED = /\.[0-9a-f-]{36}\.(\d+-\d+-.+)\.tmp$/
// A file that is still being written is younger than this. It tells where the name does not: of writers on other hosts.
const ABANDONED_MS = 3600 * 1000

/** Where a file is written before it is renamed to its place: beside it, by a name that tells who writes it. */
export function unfinishedName(file: string): string {
  return `${file}.${randomUUID()}.${nameOf(thisProcess())}${ENDING}`
}

export function isUnfinished(file: string): boolean {
  return file.endsWith(ENDING)
}

/** Whether nobody writes an unfinished file any more: its process has ended, or it is old. */
export function isAbandoned(file: string, modifiedMs: number): boolean {
  if (Date.now() - modifiedMs > ABANDONED_MS) return true
  const owner = ownerNamed(NAMED.exec(file)?.[1] ?? '')
  return owner !== undefined && isGone(owner)
}
