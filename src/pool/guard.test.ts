import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { childrenOf, isAlive } from '../../test/processes.ts'
import { RUNTIMES } from '../../test/run-cli.ts'
import { createGuardedPool, type GuardedPool, type GuardOptions, type KeyedTrack } from './guard.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url))
const RUNTIME = RUNTIMES[process.versions.bun ? 'bun' : 'node']

let folder: string
const pools: GuardedPool[] = []
const hosts: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sow-guard-'))
})

afterEach(async () => {
  for (const host of hosts.splice(0)) host.kill('SIGKILL')
  for (const pool of pools.splice(0)) await pool.close()
  rmSync(folder, { recursive: true })
})

async function open(
  options: Partial<GuardOptions> = {},
  cacheDir?: string,
  modelPath = 'fine',
): Promise<GuardedPool> {
  const setup = { modelPath, embeddedPath: '', threads: 1, cacheDir, shareWeights: false }
  const guard = { isolation: 'thread', stuckSeconds: 60, quarantineSeconds: 3600, warn: () => {} } as const
  const pool = await createGuardedPool(fixture('moody-worker.mjs'), setup, 1, { ...guard, ...options })
  pools.push(pool)
  return pool
}

function task(lyrics: string): KeyedTrack {
  const material = async () => ({ bytes: new Uint8Array(8) })
  return {
    key: lyrics.replaceAll(/\W/g, '-'),
    lyrics,
    language: 'en',
    structure: 'strict',
    maxAudioSeconds: 300,
    material,
  }
}

describe.each(['thread', 'process'] as const)('with workers in a %s', (isolation) => {
  test('what a worker was at when it died is tried once more', async () => {
    const pool = await open({ isolation })
    const work = task(`die-once ${join(folder, 'mark')}`)
    expect(await pool.run(work)).toMatchObject({ bytes: 8 })
    expect(pool.health()).toEqual({ workerDeaths: 1, stuck: false, stuckReason: null })
    // It was answered: nothing is held against it.
    await pool.check(work.key)
    expect(await pool.run(work)).toMatchObject({ bytes: 8 })
  })

  test('what ends two workers fails, is refused from then on, and does no harm to others', async () => {
    const warnings: string[] = []
    const pool = await open({ isolation, warn: (message) => warnings.push(message) })
    await expect(pool.run(task('die'))).rejects.toMatchObject({ code: 'ALIGNMENT_FAILED', retryable: false })
    expect(pool.health().workerDeaths).toBe(2)
    await expect(pool.check('die')).rejects.toMatchObject({ code: 'INPUT_QUARANTINED', retryable: false })
    await expect(pool.run(task('die'))).rejects.toMatchObject({ code: 'INPUT_QUARANTINED' })
    expect(pool.health().workerDeaths).toBe(2)
    expect(await pool.run(task('another'))).toMatchObject({ echo: 'another' })
    expect(warnings.at(-1)).toContain('refused from now on')
  })

  test('the refusal outlives the pool where there is a folder, and ends in time', async () => {
    const pool = await open({ isolation, quarantineSeconds: 3 }, folder)
    await expect(pool.run(task('die'))).rejects.toMatchObject({ code: 'ALIGNMENT_FAILED' })
    const after = await open({ isolation, quarantineSeconds: 3 }, folder)
    await expect(after.check('die')).rejects.toMatchObject({ code: 'INPUT_QUARANTINED' })
    await expect
      .poll(() =>
        after.check('die').then(
          () => 'lifted',
          () => 'refused',
        ),
      )
      .toBe('lifted')
    expect(readdirSync(join(folder, 'quarantine')).filter((name) => name.endsWith('.json'))).toEqual([])
  })

  test('where nothing is to be refused, a death is a failure as others are', async () => {
    const pool = await open({ isolation, quarantineSeconds: 0 }, folder)
    const failure = { code: 'ALIGNMENT_FAILED', retryable: true }
    await expect(pool.run(task('die'))).rejects.toMatchObject(failure)
    await expect(pool.run(task('die'))).rejects.toMatchObject(failure)
  })

  test('work that is cancelled is not tried again when its worker dies', async () => {
    const controller = new AbortController()
    // Dies once it has told of its progress, by which it is cancelled.
    const pool = await open({ isolation })
    const work = pool.run(task('creep-die 1'), {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    })
    await expect(work).rejects.toMatchObject({ code: 'ALIGNMENT_FAILED' })
    expect(pool.health().workerDeaths).toBe(1)
  })

  test('what a worker cannot load is told of until a later try works, and blames no input', async () => {
    const model = join(folder, 'model')
    writeFileSync(model, '')
    const warnings: string[] = []
    const pool = await open({ isolation, warn: (message) => warnings.push(message) }, undefined, model)
    rmSync(model)
    const failure = { code: 'MODEL_NOT_READY', status: 503, retryable: true }
    await expect(pool.run(task('one'))).rejects.toMatchObject(failure)
    expect(pool.health()).toMatchObject({ stuck: true, stuckReason: 'no such model', workerDeaths: 0 })
    expect(warnings.join()).toContain('no such model')
    await pool.check('one')
    writeFileSync(model, '')
    await expect.poll(() => pool.health().stuck).toBe(false)
    expect(await pool.run(task('one'))).toMatchObject({ echo: 'one' })
  })

  test('a pool that waits for a load to work can be closed', async () => {
    const model = join(folder, 'model')
    writeFileSync(model, '')
    const pool = await open({ isolation }, undefined, model)
    rmSync(model)
    await expect(pool.run(task('one'))).rejects.toMatchObject({ code: 'MODEL_NOT_READY' })
    await pool.close()
  })

  test('what is cancelled before it begins meets no worker', async () => {
    const pool = await open({ isolation })
    await expect(pool.run(task('die'), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    expect(pool.health().workerDeaths).toBe(0)
  })

  test('long work that moves on is not stuck, and its progress arrives in order', async () => {
    const pool = await open({ isolation, stuckSeconds: 3 })
    const seen: number[] = []
    const answer = await pool.run(task('creep 100'), { onProgress: ({ fraction }) => seen.push(fraction) })
    expect(answer).toMatchObject({ echo: 'creep 100' })
    expect(seen).toEqual(Array.from({ length: 100 }, (_, step) => step / 100))
    expect(pool.health()).toEqual({ workerDeaths: 0, stuck: false, stuckReason: null })
  })
})

test('a process that makes no progress is ended and replaced; the second time its input is refused', async () => {
  const pool = await open({ isolation: 'process', stuckSeconds: 0.5 })
  await expect(pool.run(task('hang'))).rejects.toMatchObject({
    code: 'ALIGNMENT_FAILED',
    message: expect.stringContaining('no progress for 0.5 s'),
  })
  expect(pool.health()).toEqual({ workerDeaths: 2, stuck: false, stuckReason: null })
  await expect(pool.check('hang')).rejects.toMatchObject({ code: 'INPUT_QUARANTINED' })
  expect(await pool.run(task('fine'))).toMatchObject({ echo: 'fine' })
})

test('a thread that makes no progress is told of, until it moves on', async () => {
  const pool = await open({ isolation: 'thread', stuckSeconds: 0.5 })
  const controller = new AbortController()
  const outcome = pool.run(task('wait'), { signal: controller.signal }).catch(({ code }) => code)
  await expect.poll(() => pool.health().stuck).toBe(true)
  controller.abort()
  expect(await outcome).toBe('CANCELLED')
  expect(pool.health()).toEqual({ workerDeaths: 0, stuck: false, stuckReason: null })
})

type Said = { ready?: number; warning?: string; mood?: string; pid?: number; code?: string; message?: string }
type Host = { process: ChildProcess; said: () => Said[]; end: Promise<number | string> }

/** A program of its own with a guarded pool, which runs everything at once. */
function host(isolation: string, ...moods: string[]): Host {
  const [program, ...flags] = RUNTIME
  const child = spawn(program, [...flags, fixture('guard-host.mjs'), isolation, folder, ...moods])
  hosts.push(child)
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const end = new Promise<number | string>((resolve) =>
    child.on('close', (code, signal) => resolve(signal ?? code!)),
  )
  const said = () =>
    output
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Said)
  return { process: child, said, end }
}

const running = () =>
  readdirSync(join(folder, 'quarantine', 'running'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.includes('/') && !name.endsWith('owner'),
  )

test('a crash of everything puts what ran under suspicion; alone, the innocent is cleared and the guilty refused', async () => {
  expect(await host('thread', 'creep 5', 'crash SIGABRT').end).toBe('SIGABRT')
  expect(running()).toHaveLength(2)

  const again = host('thread', 'creep 5', 'crash SIGABRT')
  expect(await again.end).toBe(0)
  const [innocent] = again.said().filter(({ mood }) => mood === 'creep 5')
  const [guilty] = again.said().filter(({ mood }) => mood === 'crash SIGABRT')
  expect(innocent!.pid).toBeGreaterThan(0)
  // Not in the process that lives, which could have been ended by it.
  expect(innocent!.pid).not.toBe(again.said().find(({ ready }) => ready)!.ready)
  expect(guilty).toMatchObject({ code: 'ALIGNMENT_FAILED', message: expect.stringContaining('SIGABRT') })

  const third = host('thread', 'creep 5', 'crash SIGABRT')
  expect(await third.end).toBe(0)
  const pid = third.said().find(({ ready }) => ready)!.ready
  expect(third.said()).toContainEqual({ mood: 'creep 5', pid })
  expect(third.said()).toContainEqual(
    expect.objectContaining({ mood: 'crash SIGABRT', code: 'INPUT_QUARANTINED' }),
  )
  expect(running()).toEqual([])
})

test('a process that ends by its own will in mid-work blames nobody', async () => {
  const first = host('thread', 'wait')
  await expect.poll(() => running().length).toBe(1)
  first.process.kill('SIGUSR2')
  expect(await first.end).toBe(3)
  expect(readdirSync(join(folder, 'quarantine', 'running'))).toEqual([])
})

test('a live process is not taken for a dead one by another on the same folder', async () => {
  const first = host('thread', 'wait')
  await expect.poll(() => running().length).toBe(1)
  const pool = await open({}, folder)
  await pool.check('wait')
  expect(running()).toHaveLength(1)
  first.process.kill('SIGUSR2')
  await first.end
})

test('a native crash in a worker process fails its task alone', async () => {
  const pool = await open({ isolation: 'process' })
  await expect(pool.run(task('crash SIGSEGV'))).rejects.toMatchObject({
    code: 'ALIGNMENT_FAILED',
    message: expect.stringContaining('SIGSEGV'),
  })
  expect(await pool.run(task('after'))).toMatchObject({ echo: 'after' })
})

test('an idle worker process that is killed is replaced', async () => {
  const pool = await open({ isolation: 'process' })
  const { pid } = (await pool.run(task('first'))) as unknown as { pid: number }
  process.kill(pid, 'SIGKILL')
  const next = (await pool.run(task('second'))) as unknown as { pid: number }
  expect(next.pid).not.toBe(pid)
})

/** A pool of which the only worker has died, and which finds no model for another until one is written. */
async function openWithoutModel() {
  const model = join(folder, 'model')
  writeFileSync(model, '')
  const pool = await open({ isolation: 'process' }, undefined, model)
  const { pid } = (await pool.run(task('first'))) as unknown as { pid: number }
  rmSync(model)
  process.kill(pid, 'SIGKILL')
  return { pool, pid, model }
}

test('workers that cannot be started again are told of, until they can', async () => {
  const { pool, model } = await openWithoutModel()
  await expect.poll(() => pool.health().stuckReason).toContain('no such model')
  await expect(pool.run(task('second'))).rejects.toMatchObject({ code: 'MODEL_NOT_READY', retryable: true })
  writeFileSync(model, '')
  await expect.poll(() => pool.health().stuck).toBe(false)
  expect(await pool.run(task('third'))).toMatchObject({ echo: 'third' })
})

test.runIf(process.platform === 'linux')(
  'one start that fails is no trouble yet: who waits goes on',
  async () => {
    const { pool, pid, model } = await openWithoutModel()
    const others = () => childrenOf(process.pid).filter((child) => child !== pid)
    await expect.poll(others, { interval: 5 }).toHaveLength(1)
    await expect.poll(others, { interval: 5 }).toEqual([])
    expect(pool.health().stuck).toBe(false)
    const waiting = pool.run(task('second'))
    writeFileSync(model, '')
    expect(await waiting).toMatchObject({ echo: 'second' })
  },
)

test.runIf(process.platform === 'linux')(
  'worker processes end with their parent, idle or at work, however it ends',
  async () => {
    const parent = host('process', 'plain', 'creep 10000')
    await expect.poll(() => parent.said().find(({ mood }) => mood === 'plain')?.pid).toBeGreaterThan(0)
    const children = childrenOf(parent.process.pid!)
    expect(children.length).toBe(2)
    parent.process.kill('SIGKILL')
    await parent.end
    await expect.poll(() => children.filter(isAlive)).toEqual([])
  },
)
