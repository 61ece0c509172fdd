import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { partialName } from '../disk/partial-file.ts'
import { keyOf } from './digest.ts'
import { KINDS, type Kind, openStore } from './store.ts'

const projectFile = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const MEGABYTE = 2 ** 20

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sow-store-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Content that is known by its seed. */
function content(seed: number, bytes: number): Uint8Array {
  const block = createHash('sha512').update(String(seed)).digest()
  return Uint8Array.from({ length: bytes }, (_, i) => block[i % block.length]! ^ (i >> 8))
}

function filesOf(kind: Kind): string[] {
  const entries = readdirSync(join(folder, kind), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}

const bytesKept = () => KINDS.flatMap(filesOf).reduce((sum, file) => sum + statSync(file).size, 0)

test.each(KINDS)('%s: what was put is got, by another store too, and no other key', async (kind) => {
  const store = await openStore(folder, MEGABYTE)
  for (const bytes of [0, 1, 70_000]) {
    await store.put(kind, keyOf(bytes), content(bytes, bytes))
    expect(await store.get(kind, keyOf(bytes))).toEqual(content(bytes, bytes))
  }
  const other = await openStore(folder, MEGABYTE)
  expect(await other.get(kind, keyOf(70_000))).toEqual(content(70_000, 70_000))
  expect(await other.get(kind, keyOf('never put'))).toBeUndefined()
  await other.put(kind, keyOf(1), content(9, 9))
  expect(await store.get(kind, keyOf(1))).toEqual(content(9, 9))
})

describe('a damaged entry is as none, and is mended by the next one', () => {
  const damages: [string, (file: string) => void][] = [
    ['cut short', (file) => truncateSync(file, 500)],
    ['cut within its header', (file) => truncateSync(file, 10)],
    ['emptied', (file) => writeFileSync(file, '')],
    ['removed', (file) => rmSync(file)],
    ['removed with its folder', (file) => rmSync(dirname(file), { recursive: true })],
    ['removed with all of its kind', (file) => rmSync(dirname(dirname(file)), { recursive: true })],
    ['longer', (file) => writeFileSync(file, 'more', { flag: 'a' })],
    ...[0, 3, 4, 35, 36, 999].map((at): [string, (file: string) => void] => [
      `flipped in byte ${at}`,
      (file) => {
        const bytes = readFileSync(file)
        bytes[at]! ^= 1
        writeFileSync(file, bytes)
      },
    ]),
  ]

  test.each(damages)('%s', async (_, damage) => {
    for (const kind of KINDS) {
      const store = await openStore(folder, MEGABYTE)
      await store.put(kind, keyOf(kind), content(1, 1000))
      damage(filesOf(kind)[0]!)
      expect(await store.get(kind, keyOf(kind))).toBeUndefined()
      await store.put(kind, keyOf(kind), content(1, 1000))
      expect(await store.get(kind, keyOf(kind))).toEqual(content(1, 1000))
    }
  })
})

test('what was used least lately goes first, of whatever kind; other folders are left alone', async () => {
  const model = join(folder, 'qwen3', 'weights')
  mkdirSync(dirname(model))
  writeFileSync(model, content(0, 3 * MEGABYTE))
  const store = await openStore(folder, MEGABYTE)
  const keep = (n: number) => store.put(KINDS[n % KINDS.length]!, keyOf(n), content(n, 100_000))
  const find = (n: number) => store.get(KINDS[n % KINDS.length]!, keyOf(n))
  for (let n = 0; n < 9; n++) {
    await keep(n)
    const [file] = KINDS.flatMap(filesOf).filter((name) => name.endsWith(keyOf(n)))
    utimesSync(file!, n, n)
  }
  expect(await find(1)).toBeDefined()
  for (let n = 9; n < 12; n++) await keep(n)
  expect(bytesKept()).toBeLessThanOrEqual(MEGABYTE)
  expect(await find(0)).toBeUndefined()
  expect(await find(2)).toBeUndefined()
  expect(await find(1)).toEqual(content(1, 100_000))
  for (const n of [8, 9, 10, 11]) expect(await find(n)).toEqual(content(n, 100_000))
  expect(statSync(model).size).toBe(3 * MEGABYTE)
})

test('a store that was left with too much makes room when it is opened with less', async () => {
  const large = await openStore(folder, MEGABYTE)
  for (let n = 0; n < 9; n++) await large.put('audio', keyOf(n), content(n, 100_000))
  await openStore(folder, 300_000)
  await expect.poll(bytesKept).toBeLessThanOrEqual(300_000)
})

test('what is larger than all there may be is not kept, and costs nobody his place', async () => {
  const store = await openStore(folder, 50_000)
  await store.put('results', keyOf('small'), content(1, 10_000))
  await store.put('audio', keyOf('large'), content(2, 60_000))
  expect(await store.get('audio', keyOf('large'))).toBeUndefined()
  expect(await store.get('results', keyOf('small'))).toBeDefined()
})

test('files that somebody died over are removed once they are old, those being written are not', async () => {
  const store = await openStore(folder, MEGABYTE)
  await store.put('audio', keyOf(1), content(1, 100))
  const [file] = filesOf('audio')
  writeFileSync(`${file}.abandoned.tmp`, 'half')
  utimesSync(`${file}.abandoned.tmp`, 1, 1)
  writeFileSync(`${file}.fresh.tmp`, 'half')
  await openStore(folder, MEGABYTE)
  await expect.poll(() => filesOf('audio')).toHaveLength(2)
  expect(filesOf('audio').sort()).toEqual([file, `${file}.fresh.tmp`].sort())
})

test('what a process that is gone was writing is removed at the next start, what another one writes is not', async () => {
  const store = await openStore(folder, MEGABYTE)
  await store.put('audio', keyOf(1), content(1, 100))
  const [file] = filesOf('audio')
  const { pid: gone } = spawnSync('true')
  // the parent of this process is alive
  const names = [gone, process.ppid].map((pid) => partialName(file!).replace(`-${process.pid}-`, `-${pid}-`))
  // in another container a process of that number may live
  names.push(names[0]!.replace(/[0-9a-f]{16}-/, `${'0'.repeat(16)}-`))
  for (const name of names) writeFileSync(name, 'half')
  await openStore(folder, MEGABYTE)
  await expect.poll(() => filesOf('audio')).toHaveLength(3)
  expect(filesOf('audio').sort()).toEqual([file, ...names.slice(1)].sort())
})

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

/** Modes of everything below a folder, and of itself. */
function modesIn(path: string): string[] {
  const below = readdirSync(path, { recursive: true, withFileTypes: true })
  return [modeOf(path), ...below.map(({ parentPath, name }) => modeOf(join(parentPath, name)))]
}

test.skipIf(process.platform === 'win32')('only the owner reads what is kept', async () => {
  const made = join(folder, 'above', 'cache')
  const store = await openStore(made, MEGABYTE)
  for (const kind of KINDS) {
    await store.put(kind, keyOf(kind), content(1, 100))
    expect(new Set(modesIn(join(made, kind)))).toEqual(new Set(['700', '600']))
  }
  expect([modeOf(join(folder, 'above')), modeOf(made)]).toEqual(['700', '700'])
})

test.skipIf(process.platform === 'win32')('folders that others could enter are closed to them', async () => {
  for (const kind of KINDS) mkdirSync(join(folder, kind), { mode: 0o755 })
  chmodSync(join(folder, 'results'), 0o777)
  chmodSync(folder, 0o755)
  await openStore(folder, MEGABYTE, (message) => expect.fail(message))
  expect(KINDS.map((kind) => modeOf(join(folder, kind)))).toEqual(KINDS.map(() => '700'))
  // The folder itself may hold what is for others as well.
  expect(modeOf(folder)).toBe('755')
})

test('a folder that cannot be written is said', async () => {
  writeFileSync(join(folder, 'results'), 'in the way')
  await expect(openStore(folder, MEGABYTE)).rejects.toMatchObject({
    code: 'CACHE_UNWRITABLE',
    message: expect.stringContaining(join(folder, 'results')),
  })
})

// Root may write everywhere.
test.skipIf(process.getuid?.() === 0)('what cannot be written any more can still be read', async () => {
  const store = await openStore(folder, MEGABYTE)
  await store.put('results', keyOf(1), content(1, 100))
  const place = dirname(filesOf('results')[0]!)
  chmodSync(place, 0o500)
  expect(await store.get('results', keyOf(1))).toEqual(content(1, 100))
  await expect(store.put('results', keyOf(1), content(1, 100))).rejects.toMatchObject({ code: 'EACCES' })
  chmodSync(place, 0o700)
})

test('two processes hammer one small folder: every answer is right, and the bound holds', async () => {
  const most = 400_000
  const hammer = () =>
    promisify(execFile)(projectFile('node_modules/.bin/bun'), [
      projectFile('test/cache-child.ts'),
      folder,
      String(most),
    ])
  const counts = (await Promise.all([hammer(), hammer()])).map(({ stdout }) => JSON.parse(stdout))
  for (const { wrong, found, missed } of counts) {
    expect(wrong).toBe(0)
    // Both happened: there was something to find, and much was thrown out meanwhile.
    expect(found).toBeGreaterThan(50)
    expect(missed).toBeGreaterThan(50)
  }
  // What the other one wrote since the last count of each comes on top of the bound.
  expect(bytesKept()).toBeLessThanOrEqual(most * 1.1)
  expect(KINDS.flatMap(filesOf).filter((file) => file.endsWith('.tmp'))).toEqual([])
})

test('any bytes in the place of an entry are as none, unless they are the entry', async () => {
  const store = await openStore(folder, MEGABYTE)
  await store.put('results', keyOf('any'), content(1, 100))
  const [file] = filesOf('results')
  const entry = readFileSync(file!)
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 80 }).map((tail) => Buffer.concat([Buffer.from('SOW1'), tail])),
    fc.nat(entry.length).map((end) => entry.subarray(0, end)),
  )
  await fc.assert(
    fc.asyncProperty(bytes, async (found) => {
      writeFileSync(file!, found)
      const kept = entry.equals(Buffer.from(found)) ? content(1, 100) : undefined
      expect(await store.get('results', keyOf('any'))).toEqual(kept)
    }),
    { numRuns: 200 },
  )
})
