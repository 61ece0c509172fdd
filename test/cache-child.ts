/** Writes, reads and damages entries of a store as fast as it can, and counts what it was told. */
import { createHash } from 'node:crypto'
import { readdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { keyOf } from '../src/cache/digest.ts'
import { KINDS, openStore } from '../src/cache/store.ts'

const [folder, most] = process.argv.slice(2)
const ROUNDS = 600
const KEYS = 40

const store = await openStore(folder!, Number(most))
const counts = { wrong: 0, found: 0, missed: 0 }
for (let round = 0; round < ROUNDS; round += 4) await Promise.all([0, 1, 2, 3].map((i) => play(round + i)))
console.log(JSON.stringify(counts))

async function play(round: number): Promise<void> {
  const n = Math.floor(Math.random() * KEYS)
  const kind = KINDS[n % KINDS.length]!
  const expected = contentOf(n)
  const found = await store.get(kind, keyOf(n))
  if (!found) counts.missed++
  else if (Buffer.compare(found, expected) === 0) counts.found++
  else counts.wrong++
  if (!found) await store.put(kind, keyOf(n), expected)
  if (round % 20 === 0) damageOne(kind)
}

/** The same in every process, from 1 to 40 kB. */
function contentOf(n: number): Buffer {
  const block = createHash('sha512').update(`content ${n}`).digest()
  return Buffer.concat(new Array(16 + ((n * 37) % 600)).fill(block))
}

function damageOne(kind: string): void {
  const entries = readdirSync(join(folder!, kind), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp'))
  const { parentPath, name } = files[Math.floor(Math.random() * files.length)] ?? {}
  try {
    if (parentPath) truncateSync(join(parentPath, name!), 20)
  } catch (error) {
    // The other process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
