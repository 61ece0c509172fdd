import { setTimeout as sleep } from 'node:timers/promises'
import { attacks, strike } from '../../test/attacks.ts'
import type { BenchSong } from '../input/speech.ts'
import { askAddress, askUpload, leaveInMidUpload, type Outcome } from './ask.ts'
import { endsOfBatch, handInBatch } from './jobs.ts'
import { fallSilent, type Silent } from './silence.ts'
import type { Storage, StorageMood } from './storage.ts'
import type { World } from './world.ts'

export type Scene = {
  world: World
  storage: Storage
  song: BenchSong
  /** A recording like no other. */
  recording(): Uint8Array
  random(): number
}

export type Fault = {
  name: string
  isPossible?(scene: Scene, isolation: string): boolean
  /** How requests that wait may end, beside with a result. */
  requests?: readonly Outcome[]
  /** The same of jobs and batches that were accepted. */
  jobs?: readonly Outcome[]
  /** The same of requests of its own. */
  own?: readonly Outcome[]
  /** Does it, while requests run; gives how requests of its own ended. */
  happen(scene: Scene): Promise<Outcome[]>
}

const NOTHING: Outcome[] = []
const PATHS = ['/api/v1/align', '/api/v1/jobs', '/api/v1/batches'] as const
const MB = 1_000_000
/** Recordings of 20 MB instead of 200. */
const ATTACK_SCALE = 0.1
/** What ends two workers is held to be the cause. */
const WORKERS_ENDED = ['ALIGNMENT_FAILED', 'INPUT_QUARANTINED', 'MODEL_NOT_READY']

export const FAULTS: readonly Fault[] = [
  ...(['SIGKILL', 'SIGABRT', 'SIGSEGV'] as const).map((signal) => killWorker(signal)),
  {
    name: 'every worker ended, and those after them',
    isPossible: (_, isolation) => isolation === 'process',
    requests: WORKERS_ENDED,
    jobs: WORKERS_ENDED,
    own: WORKERS_ENDED,
    async happen({ world, song, recording }) {
      const asked = askUpload(world.url, song, recording())
      for (let times = 0; times < 2; times++) {
        for (const worker of world.seeWorkers()) endProcess(worker, 'SIGKILL')
        await sleep(700)
      }
      return [await asked]
    },
  },
  ...(['stalls', 'stalls in mid-body', 'fails', 'resets', 'lost'] as const).map(badStorage),
  {
    name: 'disk full',
    isPossible: ({ world }) => world.cache.canBeFull,
    happen: (scene) => whileAlways(scene, scene.world.cache.fill, scene.world.cache.empty),
  },
  {
    name: 'cache taken away',
    happen: (scene) => whileAlways(scene, scene.world.cache.takeAway, scene.world.cache.bringBack),
  },
  {
    name: 'client gone in mid-upload',
    async happen({ world, song, recording }) {
      await leaveInMidUpload(world.url, song, recording())
      return NOTHING
    },
  },
  {
    name: 'client gone in mid-wait',
    async happen({ world, song, recording, random }) {
      const leaving = AbortSignal.timeout(20 + Math.floor(500 * random()))
      const outcome = await askUpload(world.url, song, recording(), leaving)
      // Who has left hears nothing; who was answered before was answered well.
      return outcome === 'cut' && leaving.aborted ? NOTHING : [outcome]
    },
  },
  {
    name: 'requests made to stop the service',
    async happen({ world }) {
      // Jobs that are accepted would be left; the tests send those.
      for (const attack of attacks(ATTACK_SCALE).filter(({ name }) => !name.endsWith('(job)'))) {
        await strike(world.url, attack)
      }
      return NOTHING
    },
  },
  {
    name: 'heads, and nothing after them',
    async happen(scene) {
      const heads = PATHS.flatMap((path) => copies(20, { path, announced: 1_000_000, sent: 0 }))
      // They have no place: whoever sends a body is answered meanwhile.
      return whileSilent(scene, heads)
    },
  },
  {
    name: 'uploads that stall, more than there is room for',
    requests: ['QUEUE_FULL'],
    own: ['QUEUE_FULL'],
    async happen(scene) {
      const recordings = copies(8, { path: '/api/v1/align', announced: 20 * MB, sent: 15 * MB } as const)
      const jobs = copies(4, { path: '/api/v1/jobs', announced: 20 * MB, sent: 15 * MB } as const)
      const batches = copies(12, { path: '/api/v1/batches', announced: 15 * MB, sent: 12 * MB } as const)
      return whileSilent(scene, [...recordings, ...jobs, ...batches])
    },
  },
  {
    name: 'many batches at once',
    requests: ['QUEUE_FULL'],
    own: ['QUEUE_FULL'],
    async happen({ world, song, storage }) {
      // The same recording for all: it is heard once.
      const addresses = copies(5, storage.address('well'))
      const handed = await Promise.all(
        copies(20, addresses).map((each) => handInBatch(world.url, song, each)),
      )
      const ends = handed.map(async (batch) =>
        'id' in batch ? endsOfBatch(world.url, song, batch.id, addresses.length) : [batch.outcome],
      )
      return (await Promise.all(ends)).flat()
    },
  },
  {
    name: 'SIGTERM of the service, and restart',
    requests: ['DRAINING'],
    async happen({ world }) {
      const ended = await world.restart('SIGTERM')
      if (ended !== 0) throw new Error(`Expected exit code 0 after SIGTERM, got ${ended}`)
      return NOTHING
    },
  },
  {
    name: 'SIGKILL of the service, and restart',
    // Nobody answers who was killed.
    requests: ['cut'],
    async happen({ world }) {
      await world.restart('SIGKILL')
      return NOTHING
    },
  },
]

function killWorker(signal: NodeJS.Signals): Fault {
  return {
    name: `worker ended by ${signal}`,
    isPossible: (_, isolation) => isolation === 'process',
    async happen({ world, random }) {
      const workers = world.seeWorkers()
      const worker = workers[Math.floor(random() * workers.length)]
      if (worker !== undefined) endProcess(worker, signal)
      return NOTHING
    },
  }
}

function endProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // It has ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function badStorage(mood: StorageMood): Fault {
  return {
    name: mood === 'lost' ? 'recording lost' : `storage ${mood}`,
    own: [/^stalls/.test(mood) ? 'AUDIO_FETCH_TIMEOUT' : 'AUDIO_FETCH_FAILED'],
    happen: async ({ world, song, storage }) => [await askAddress(world.url, song, storage.address(mood))],
  }
}

/** Something is wrong while an upload of its own is answered. */
async function whileAlways(scene: Scene, begin: () => void, end: () => void): Promise<Outcome[]> {
  begin()
  try {
    const outcome = await askUpload(scene.world.url, scene.song, scene.recording())
    await sleep(100)
    return [outcome]
  } finally {
    end()
  }
}

/** How long clients that fall silent wait to be answered and dropped. */
const SILENT_SECONDS = 30

/** Uploads one of its own while others have fallen silent, and when they were dropped one more, which has to succeed. */
async function whileSilent(
  { world, song, recording }: Scene,
  requests: readonly Silent[],
): Promise<Outcome[]> {
  const silent = fallSilent(world.url, requests, SILENT_SECONDS)
  const [meanwhile] = await Promise.all([askUpload(world.url, song, recording()), silent])
  const afterwards = await askUpload(world.url, song, recording())
  if (afterwards !== 'result')
    throw new Error(`Expected a result when silent clients were dropped, got ${afterwards}`)
  return [meanwhile]
}

function copies<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value)
}
