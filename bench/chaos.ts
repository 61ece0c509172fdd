/** Random faults against the real service: every accepted request ends in a result or a typed error, and nothing stays. */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { askAddress, askUpload, get, type Outcome } from './chaos/ask.ts'
import { FAULTS, type Fault, type Scene } from './chaos/faults.ts'
import { type Accepted, endOfJob, endsOfBatch, followJob, handIn, handInBatch } from './chaos/jobs.ts'
import { startStorage } from './chaos/storage.ts'
import { startWorld, type World } from './chaos/world.ts'
import { randomFrom } from './figures/arrivals.ts'
import { positive, readOptions } from './figures/options.ts'
import { modelIn, originOf } from './figures/origin.ts'
import { handlesOf, isAlive, threadsOf } from './figures/processes.ts'
import { type Measurement, record, writeResult } from './figures/result.ts'
import { type Runtime, runtimes } from './figures/runtimes.ts'
import { digits } from './figures/table.ts'
import { withFolder } from './figures/temporary.ts'
import { makeSong } from './input/speech.ts'
import { numberedWav } from './input/wav.ts'
import { outcomeTable } from './report/reliability.ts'

const options = readOptions('Attacks the service with random faults. Linux.', {
  faults: { type: 'string', about: 'how many (default: 200; quick: 40)' },
  seed: { type: 'string', about: 'which ones (default: 1)' },
  minutes: { type: 'string', about: 'no new fault after so long (default: 10; quick: 2)' },
})
const { quick, out } = options
const faultCount = positive('faults', options.faults, quick ? 40 : 200)
const seed = positive('seed', options.seed, 1)
const minutes = positive('minutes', options.minutes, quick ? 2 : 10)
const HEALTHY_MS = 60_000
/** How many more there may be at the end than at the beginning: runtimes start helpers of their own when they need them. */
const SLACK: State = { workers: 0, threads: 4, files: 2, sockets: 0 }
const BATCH = 2

const measurements: Measurement[] = []
const broken: string[] = []
type At = Way & { fault: string; asked: string; outcome: Outcome }
const counts = new Map<string, { at: At; times: number }>()
/** Faults that struck at least once. */
const struck = new Set<string>()
const notes: string[] = []

await withFolder(async (folder) => {
  const song = await makeSong(folder, 12, 'wav')
  const wav = readFileSync(song.file)
  let number = 0
  const recording = () => numberedWav(wav, ++number)
  const storage = await startStorage((address) => numberedWav(wav, 30_000 + address))
  const random = randomFrom(seed)
  const ways = runtimes().flatMap((runtime) =>
    (['process', 'thread'] as const).map((isolation) => ({ runtime, isolation })),
  )
  for (const [turn, { runtime, isolation }] of ways.entries()) {
    const world = await startWorld(runtime, isolation, folder)
    try {
      await attack(
        { world, storage, song, recording, random },
        { runtime, isolation },
        turn / ways.length,
        Math.ceil(faultCount / ways.length),
        (minutes * 60_000) / ways.length,
      )
    } finally {
      await world.end()
      world.cache.release()
    }
  }
  await storage.close()
})

report()

type Way = { runtime: Runtime; isolation: string }

/** `from`: where in the order of the faults it begins, so that a short run reaches as many as it can. */
async function attack(
  scene: Scene,
  way: Way,
  from: number,
  most: number,
  milliseconds: number,
): Promise<void> {
  const { world } = scene
  const name = `${way.runtime}, ${way.isolation}`
  const first = Math.floor(from * FAULTS.length)
  const rotated = [...FAULTS.slice(first), ...FAULTS.slice(0, first)]
  const possible = rotated.filter(({ isPossible }) => isPossible?.(scene, way.isolation) ?? true)
  if (!world.cache.canBeFull) note('No file system could be mounted here: the disk was never full.')
  await askUpload(world.url, scene.song, scene.recording())
  const before = stateOf(world)
  const until = performance.now() + milliseconds
  let done = 0
  while (done < most && performance.now() < until) {
    // Each once, then at random.
    const fault = possible[done] ?? possible[Math.floor(scene.random() * possible.length)]!
    const began = performance.now()
    await strike(scene, fault, way)
    struck.add(fault.name)
    console.log(`${name}: ${fault.name}, ${digits((performance.now() - began) / 1000)} s`)
    done++
  }
  if (done < most) note(`${name}: ${done} of ${most} faults within the time.`)
  record(measurements, way, 'faults', done, 'count', 'higher')
  await settled(world, before.workers, name)
  compare(before, stateOf(world), name)
  const ended = await world.end()
  if (ended !== 0) broken.push(`${name}: expected exit code 0 at the end, got ${ended}`)
  await sleep(500)
  const orphans = world.workers().filter(isAlive)
  if (orphans.length > 0) broken.push(`${name}: worker processes ${orphans} outlived the service`)
  const left = leftIn(world.cache.folder)
  if (left.length > 0) broken.push(`${name}: files are left: ${left.join(', ')}`)
}

/** Two requests, two jobs and a batch, and the fault while they are under way. */
async function strike(scene: Scene, fault: Fault, way: Way): Promise<void> {
  const { world, song, storage, recording, random } = scene
  const { url } = world
  const address = () => storage.address('well')
  const ended = (asked: string, outcomes: readonly Outcome[], allowed: readonly Outcome[] = []) => {
    for (const outcome of outcomes) {
      count({ ...way, fault: fault.name, asked, outcome })
      if (outcome !== 'result' && !allowed.includes(outcome))
        breaks(way, fault, `expected a ${asked} to end with ${['result', ...allowed]}, got ${outcome}`)
    }
  }
  try {
    const waited = [askUpload(url, song, recording()), askAddress(url, song, address())]
    const batch = await handInBatch(url, song, Array.from({ length: BATCH }, address))
    const byUpload = await handIn(url, song, recording())
    const byAddress = await handIn(url, song, address())
    const followed = 'id' in byAddress ? followJob(url, byAddress.id) : undefined
    // Its failure is told below, and not before.
    followed?.catch(() => {})
    // Half of the faults strike at the very moment in which the last job was accepted.
    if (random() < 0.5) await sleep(random() * 600)
    world.seeWorkers()
    const own = await fault.happen(scene)
    ended('request', await Promise.all(waited), fault.requests)
    ended('request', own, fault.own)
    await healthy(world)
    ended('batch', await endsOf(batch, (id) => endsOfBatch(url, song, id, BATCH)), fault.jobs)
    for (const job of [byUpload, byAddress]) {
      ended('job', await endsOf(job, async (id) => [await endOfJob(url, song, id)]), fault.jobs)
    }
    if (followed) ended('stream of events', [await followed], fault.jobs)
  } catch (error) {
    breaks(way, fault, error instanceof Error ? error.message : String(error))
    await healthy(world).catch(() => {})
  }
}

async function endsOf(handedIn: Accepted, wait: (id: string) => Promise<Outcome[]>): Promise<Outcome[]> {
  return 'id' in handedIn ? wait(handedIn.id) : [handedIn.outcome]
}

function count(at: At): void {
  const key = JSON.stringify(at)
  counts.set(key, { at, times: (counts.get(key)?.times ?? 0) + 1 })
}

function breaks({ runtime, isolation }: Way, fault: Fault, what: string): void {
  broken.push(`${runtime}, ${isolation}, ${fault.name}: ${what}`)
}

async function healthy({ url }: World): Promise<void> {
  const until = performance.now() + HEALTHY_MS
  while (performance.now() < until) {
    const response = await get(`${url}/health`).catch(() => undefined)
    await response?.arrayBuffer()
    if (response?.ok) return
    await sleep(50)
  }
  throw new Error(`Expected a healthy service within ${HEALTHY_MS / 1000} s after the fault`)
}

/** Waits until nothing runs, and all workers are back. */
async function settled(world: World, workers: number, way: string): Promise<void> {
  const until = performance.now() + HEALTHY_MS
  while (performance.now() < until) {
    const body = (await (await get(`${world.url}/health`)).json()) as { running?: number; queued?: number }
    if (body.running === 0 && body.queued === 0 && world.seeWorkers().length >= workers)
      return void (await sleep(3000))
    await sleep(100)
  }
  broken.push(`${way}: expected ${workers} workers and nothing at work, got ${world.seeWorkers().length}`)
}

type State = { workers: number; threads: number; files: number; sockets: number }

function stateOf(world: World): State {
  const { pid } = world.service()
  return { workers: world.seeWorkers().length, threads: threadsOf(pid), ...handlesOf(pid) }
}

function compare(before: State, after: State, way: string): void {
  for (const [what, value] of Object.entries(after)) {
    const was = before[what as keyof State]
    const most = was + SLACK[what as keyof State]
    console.log(`${way}: ${what} ${was} before, ${value} after`)
    if (value > most) broken.push(`${way}: expected at most ${most} ${what} at the end, got ${value}`)
  }
}

/**
 * What must not be left in the cache when nothing runs: partial files, marks of what runs, and uploads of jobs that ended
 * (one that was cut as it arrived is swept within an hour).
 */
function leftIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length + 1))
    .filter((path) =>
      /(^|\/)tmp\/|\.tmp$|\.partial|^jobs\/uploads\/|^quarantine\/running\/[^/]+\/(?!owner$)/.test(path),
    )
}

function note(text: string): void {
  if (!notes.includes(text)) notes.push(text)
}

function report(): void {
  for (const { at, times } of counts.values()) record(measurements, at, 'outcomes', times, 'count', 'higher')
  const missed = FAULTS.filter(({ name }) => !struck.has(name)).map(({ name }) => name)
  if (missed.length > 0) note(`Not reached: ${missed.join(', ')}.`)
  console.log(`\n${outcomeTable(measurements, 'fault')}\n\n${outcomeTable(measurements, 'asked')}\n`)
  for (const each of notes) console.log(each)
  for (const each of broken) console.error(`broken: ${each}`)
  record(measurements, {}, 'broken promises', broken.length, 'count')
  console.log(broken.length === 0 ? 'Every promise was kept.' : `${broken.length} promises were broken.`)
  notes.push(`Seed ${seed}.`, ...broken.map((each) => `Broken: ${each}`))
  writeResult({ bench: 'chaos', quick, origin: originOf(modelIn()), notes, measurements }, out)
  process.exitCode = broken.length === 0 ? 0 : 1
}
