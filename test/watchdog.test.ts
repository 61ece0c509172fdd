import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, openAsBlob, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { attacks, strike } from './attacks.ts'

const SERVE = fileURLToPath(new URL('../dist/src/serve.js', import.meta.url))
const BUN = fileURLToPath(new URL('../node_modules/.bin/bun', import.meta.url))
const speech = (name: string) => fileURLToPath(new URL(`fixtures/speech/${name}`, import.meta.url))
/** Longest that anybody may wait for /api/v1/live, whatever the service is asked meanwhile. */
const MOST_MS = 250

const started: ChildProcess[] = []
const folders: string[] = []

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

async function start(runtime: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sow-watchdog-'))
  folders.push(folder)
  const child = spawn(
    runtime === 'node' ? runtime : BUN,
    runtime === 'node' ? [SERVE] : ['--no-env-file', SERVE],
    {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        SOW_QWEN3_PORT: '0',
        SOW_QWEN3_THREADS: '1',
        SOW_QWEN3_CACHE_DIR: folder,
        SOW_QWEN3_REQUEST_TIMEOUT_SECONDS: '20',
      },
    },
  )
  started.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  await expect.poll(() => output, { timeout: 30_000 }).toContain('listening on')
  const url = /"url":"([^"]+)"/.exec(output)![1]!
  await expect.poll(async () => (await fetch(`${url}/health`)).status, { timeout: 30_000 }).toBe(200)
  return url
}

/** Asks again and again, in a thread of its own: what the test itself does must not be taken for the service. */
const WATCH = `
const { parentPort, workerData } = require('node:worker_threads')
const { request, Agent } = require('node:http')
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
let longest = 0, answers = 0, told = false
const ask = () => new Promise((resolve, reject) => {
  const began = performance.now()
  request(workerData, { agent }, (response) => {
    response.resume().on('end', () => {
      longest = Math.max(longest, performance.now() - began)
      answers++
      response.statusCode === 200 ? resolve() : reject(new Error('Expected 200, got ' + response.statusCode))
    })
  }).on('error', reject).end()
})
parentPort.on('message', () => { told = true })
;(async () => {
  while (!told) { await ask(); await new Promise((resolve) => setTimeout(resolve, 5)) }
  parentPort.postMessage({ longest, answers })
  process.exit(0)
})()
`

/** The longest that /api/v1/live took while something was done, milliseconds. */
async function longestWait(url: string, work: () => Promise<unknown>): Promise<number> {
  const watcher = new Worker(WATCH, { eval: true, workerData: `${url}/api/v1/live` })
  const watched = new Promise<{ longest: number; answers: number }>((resolve, reject) => {
    watcher.on('message', resolve)
    watcher.on('error', reject)
  })
  await work()
  watcher.postMessage('end')
  const { longest, answers } = await watched
  expect(answers).toBeGreaterThan(0)
  return longest
}

test.each(['node', 'bun'])(
  'on %s, /api/v1/live answers in time whatever the service is asked meanwhile',
  { timeout: 600_000 },
  async (runtime) => {
    const url = await start(runtime)
    const late: string[] = []
    for (const attack of attacks()) {
      // What another program on the machine held up once is in time when it is tried again.
      let longest = Number.POSITIVE_INFINITY
      for (let tries = 0; tries < 2 && longest > MOST_MS; tries++) {
        longest = await longestWait(url, () => strike(url, attack))
      }
      if (longest > MOST_MS) late.push(`${attack.name}: ${Math.round(longest)} ms`)
    }
    expect(late).toEqual([])
  },
)

test.each(['node', 'bun'])(
  'on %s, the service lives while all of them come at once, and aligns when their clients have left',
  // Another program can hold the machine up for longer than that: what is late twice in a row is late.
  { timeout: 120_000, retry: 1 },
  async (runtime) => {
    const url = await start(runtime)
    const prepared = attacks().map((attack) => {
      const body = attack.body()
      return { ...attack, body: () => body }
    })
    const longest = await longestWait(url, async () => {
      const leaving = AbortSignal.timeout(3000)
      const strikes = prepared.map((attack) =>
        strike(url, attack, leaving).catch((error: Error) => {
          // What finds no place is told so; what was not answered yet was left.
          if (!leaving.aborted && !/"code":"QUEUE_FULL"/.test(error.message)) throw error
        }),
      )
      await Promise.all(strikes)
    })
    expect(longest).toBeLessThan(MOST_MS)
    await expect.poll(() => aligned(url), { timeout: 60_000, interval: 500 }).toBe('good')
  },
)

/** The verdict on a recording that is as it should be. */
async function aligned(url: string): Promise<string | undefined> {
  const form = new FormData()
  form.set('audio', await openAsBlob(speech('psalm-en.mp3')))
  form.set('lyrics_text', readFileSync(speech('psalm-en.txt'), 'utf8'))
  const answer = await fetch(`${url}/api/v1/align`, { method: 'POST', body: form })
  return ((await answer.json()) as { verdict?: { level: string } }).verdict?.level
}
