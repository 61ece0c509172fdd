import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { childrenOf } from '../figures/processes.ts'
import type { Runtime } from '../figures/runtimes.ts'
import { type Service, startService } from '../input/service.ts'

/** The service under attack, with all that it needs; it comes back at the same address. */
export type World = {
  url: string
  service(): Service
  /** Ends the service and starts it again. Gives how it ended. */
  restart(signal: NodeJS.Signals): Promise<number | string>
  /** Ends it for good. */
  end(): Promise<number | string>
  /** Every worker process that was seen. */
  workers(): number[]
  seeWorkers(): number[]
  cache: Cache
}

/** The folder of the cache, which can be taken away or filled up. */
export type Cache = {
  folder: string
  /** Whether it has a file system of its own, which can be full. */
  canBeFull: boolean
  fill(): void
  empty(): void
  takeAway(): void
  bringBack(): void
  release(): void
}

const SETTINGS = {
  MAX_CONCURRENT: '2',
  THREADS: '1',
  MAX_QUEUE: '16',
  ALLOW_PRIVATE_URLS: 'true',
  FETCH_TIMEOUT_SECONDS: '2',
  REQUEST_TIMEOUT_SECONDS: '60',
  DRAIN_SECONDS: '30',
  STUCK_SECONDS: '30',
  BODY_IDLE_SECONDS: '3',
  MAX_INFLIGHT_BYTES: '128000000',
}

export async function startWorld(runtime: Runtime, isolation: string, folder: string): Promise<World> {
  const cache = makeCache(join(folder, `cache-${runtime}-${isolation}`))
  const port = await freePort()
  const settings = { ...SETTINGS, PORT: String(port), WORKER_ISOLATION: isolation, CACHE_DIR: cache.folder }
  const seen = new Set<number>()
  let service = await startService(runtime, settings)

  function seeWorkers(): number[] {
    const workers = childrenOf(service.pid)
    for (const worker of workers) seen.add(worker)
    return workers
  }

  seeWorkers()
  return {
    url: service.url,
    service: () => service,
    async restart(signal) {
      seeWorkers()
      const ended = await service.end(signal)
      service = await startService(runtime, settings)
      seeWorkers()
      return ended
    },
    end() {
      seeWorkers()
      return service.end('SIGTERM')
    },
    workers: () => [...seen],
    seeWorkers,
    cache,
  }
}

const SIZE_MB = 64

/** A small file system in memory, where this user may make one; else an ordinary folder. */
function makeCache(folder: string): Cache {
  mkdirSync(folder)
  const canBeFull = mount(folder)
  const filler = join(folder, 'filler')
  return {
    folder,
    canBeFull,
    fill() {
      try {
        writeFileSync(filler, Buffer.alloc(SIZE_MB * 2 ** 20))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    },
    empty: () => rmSync(filler, { force: true }),
    takeAway() {
      for (const part of parts(folder)) hide(join(folder, part))
    },
    bringBack() {
      for (const part of parts(folder)) show(join(folder, part))
    },
    release() {
      if (canBeFull) execFileSync('umount', [folder])
    },
  }
}

/** The stores of finished work; jobs and what is known of dangerous inputs are no cache. */
function parts(folder: string): string[] {
  return readdirSync(folder).filter((name) => /^(results|emissions|audio)(\.away)?$/.test(name))
}

function hide(path: string): void {
  renameSync(path, `${path}.away`)
  writeFileSync(path, 'in the way')
}

function show(path: string): void {
  if (!path.endsWith('.away')) return
  rmSync(path.replace(/\.away$/, ''), { recursive: true, force: true })
  renameSync(path, path.replace(/\.away$/, ''))
}

function mount(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', folder], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
