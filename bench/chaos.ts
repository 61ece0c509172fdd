/** Random faults against the real service: every accepted request ends in a result or a typed error, and nothing stays. */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { askAddress, askUpload, endOf, handIn, hasJobs, type Outcome } from './chaos/ask.ts'
import { FAULTS, type Fault, type Scene } from './chaos/faults.ts'
import { startStorage } from './chaos/storage.ts'
import { startWorld, type World } from './chaos/world.ts'
import { randomFrom } from './figures/arrivals.ts'
import { positive, readOptions } from './figures/options.ts'
import { modelIn, originOf } from './figures/origin.ts'
import { handlesOf, isAlive, threadsOf } from './figures/processes.ts'
import { type Measurement, record, writeResult } from './figures/result.ts'
import { type Runtime, runtimes } from './figures/runtimes.ts'
import { withFolder } from './figures/temporary.ts'
import { makeSong } from './input/speech.ts'
import { numberedWav } from './input/wav.ts'
import { faultTable } from './report/reliability.ts'

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
/** Sockets, files and threads that may be there more than at the beginning: clients' own connections that are kept alive. */
const SLACK = 8

const measurements: Measurement[] = []
const broken: string[] = []
const counts = new Map<string, Map<Outcome, number>>()
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
  for (const { runtime, isolation } of ways) {
    const world = await startWorld(runtime, isolation, folder)
    try {
      await attack(
        { world, storage, song, recording, random },
        runtime,
        isolation,
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

async function attack(
  scene: Scene,
  runtime: Runtime,
  isolation: string,
  count: number,
  milliseconds: number,
): Promise<void> {
  const { world } = scene
  const possible = FAULTS.filter(({ isPossible }) => isPossible?.(scene, isolation) ?? true)
  const jobs = await hasJobs(world.url)
  if (!jobs) note('This service keeps no jobs: only requests were attacked.')
  if (!world.cache.canBeFull) note('No file system could be mounted here: the disk was never full.')
  await askUpload(world.url, scene.song, scene.recording())
  const before = stateOf(world)
  const until = performance.now() + milliseconds
  let done = 0
  while (done < count && performance.now() < until) {
    // Each once, then at random.
    const fault = possible[done] ?? possible[Math.floor(scene.random() * possible.length)]!
    await strike(scene, fault, `${runtime}, ${isolation}`, jobs)
    done++
  }
  if (done < count) note(`${runtime}, ${isolation}: ${done} of ${count} faults within the time.`)
  record(measurements, { runtime, isolation }, 'faults', done, 'count', 'higher')
  await settled(world)
  compare(before, stateOf(world), `${runtime}, ${isolation}`)
  const ended = await world.end()
  if (ended !== 0) broken.push(`${runtime}, ${isolation}: expected exit code 0 at the end, got ${ended}`)
  await sleep(500)
  const orphans = world.workers().filter(isAlive)
  if (orphans.length > 0)
    broken.push(`${runtime}, ${isolation}: worker processes ${orphans} outlived the service`)
  const left = leftIn(world.cache.folder)
  if (left.length > 0) broken.push(`${runtime}, ${isolation}: files are left: ${left.join(', ')}`)
}

/** Two requests and a job, and the fault while they are under way. */
async function strike(scene: Scene, fault: Fault, way: string, jobs: boolean): Promise<void> {
  const { world, song, storage, recording, random } = scene
  try {
    const accompanying = [
      askUpload(world.url, song, recording()),
      askAddress(world.url, song, storage.address('well')),
    ]
    const job = jobs ? await handIn(world.url, song, storage.address('well')) : undefined
    await sleep(random() * 600)
    world.seeWorkers()
    const own = await fault.happen(scene)
    const outcomes = [...(await Promise.all(accompanying)), ...own]
    await healthy(world)
    if (job?.code) outcomes.push(job.code)
    if (job?.id) outcomes.push(await endOf(world.url, song, job.id))
    for (const outcome of outcomes) {
      count(fault.name, outcome)
      if (outcome === 'cut' && !fault.cuts)
        broken.push(`${way}, ${fault.name}: a connection was cut without an answer`)
    }
  } catch (error) {
    broken.push(`${way}, ${fault.name}: ${error instanceof Error ? error.message : error}`)
    await healthy(world).catch(() => {})
  }
}

function count(fault: string, outcome: Outcome): void {
  const of = counts.get(fault) ?? new Map<Outcome, number>()
  counts.set(fault, of.set(outcome, (of.get(outcome) ?? 0) + 1))
}

async function healthy({ url }: World): Promise<void> {
  const until = performance.now() + HEALTHY_MS
  while (performance.now() < until) {
    const response = await fetch(`${url}/health`).catch(() => undefined)
    await response?.arrayBuffer()
    if (response?.ok) return
    await sleep(50)
  }
  throw new Error(`Expected a healthy service within ${HEALTHY_MS / 1000} s after the fault`)
}

/** Waits until nothing runs, and all workers are back. */
async function settled(world: World): Promise<void> {
  const until = performance.now() + HEALTHY_MS
  while (performance.now() < until) {
    const body = (await (await fetch(`${world.url}/health`)).json()) as { running?: number; queued?: number }
    if (body.running === 0 && body.queued === 0) break
    await sleep(100)
  }
  await sleep(3000)
}

type State = { workers: number; threads: number; files: number; sockets: number }

function stateOf(world: World): State {
  const { pid } = world.service()
  return { workers: world.seeWorkers().length, threads: threadsOf(pid), ...handlesOf(pid) }
}

function compare(before: State, after: State, way: string): void {
  for (const [what, value] of Object.entries(after)) {
    const was = before[what as keyof State]
    const most = what === 'workers' ? was : was + SLACK
    console.log(`${way}: ${what} ${was} before, ${value} after`)
    if (value > most) broken.push(`${way}: expected at most ${most} ${what} at the end, got ${value}`)
  }
}

/** What must not be left in the cache when nothing runs: unfinished files, and marks of what runs. */
function leftIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length + 1))
    .filter((path) => /(^|\/)tmp\/|\.tmp$|\.partial|^quarantine\/running\/[^/]+\/(?!owner$)/.test(path))
}

function note(text: string): void {
  if (!notes.includes(text)) notes.push(text)
}

function report(): void {
  for (const [fault, outcomes] of counts) {
    for (const [outcome, times] of outcomes)
      record(measurements, { fault, outcome }, 'outcomes', times, 'count', 'higher')
  }
  console.log(`\n${faultTable(measurements)}\n`)
  for (const each of notes) console.log(each)
  for (const each of broken) console.error(`broken: ${each}`)
  record(measurements, {}, 'broken promises', broken.length, 'count')
  console.log(broken.length === 0 ? 'Every promise was kept.' : `${broken.length} promises were broken.`)
  notes.push(`Seed ${seed}.`, ...broken.map((each) => `Broken: ${each}`))
  writeResult({ bench: 'chaos', quick, origin: originOf(modelIn()), notes, measurements }, out)
  process.exitCode = broken.length === 0 ? 0 : 1
}
