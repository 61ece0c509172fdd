import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makePrivateFolder } from './private-folder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sow-private-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

test.skipIf(process.platform === 'win32')('a folder is made for its owner alone, with those above it', () => {
  makePrivateFolder(join(folder, 'a', 'b'), (message) => expect.fail(message))
  expect([modeOf(join(folder, 'a')), modeOf(join(folder, 'a', 'b'))]).toEqual(['700', '700'])
})

// Nobody may change the modes there, root included.
test.runIf(existsSync('/proc/self/net'))('one that cannot be closed is said', () => {
  const told: string[] = []
  makePrivateFolder('/proc/self/net', (message) => told.push(message))
  expect(told).toEqual([expect.stringContaining('at /proc/self/net, got one that others do: ')])
})

test('a file in the way is an error', () => {
  writeFileSync(join(folder, 'file'), '')
  expect(() => makePrivateFolder(join(folder, 'file'), () => {})).toThrow('EEXIST')
})
