import { type ChildProcess, spawn } from 'node:child_process'
import { openAsBlob, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ATTACKS, type Attack, type Shot } from './attacks.ts'

const SERVE = fileURLToPath(new URL('../dist/src/serve.js', import.meta.url))
const BUN = fileURLToPath(new URL('../node_modules/.bin/bun', import.meta.url))
const speech = (name: string) => fileURLToPath(new URL(`fixtures/speech/${name}`, import.meta.url))

/** What a probe of a supervisor may wait. */
const LIVE_MS = 250
/** How long an attack is waited for before its client leaves. */
const ATTACK_MS = 3000

let service: ChildProcess
let url = ''
let output = ''

async function start(runtime: string): Promise<void> {
  const [command, args] = runtime === 'node' ? ['node', [SERVE]] : [BUN, ['--no-env-file', SERVE]]
  output = ''
  service = spawn(command!, args, { env: { PATH: process.env.PATH, SOW_QWEN3_PORT: '0' }, cwd: tmpdir() })
  for (const stream of [service.stdout!, service.stderr!]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  await expect.poll(() => output).toContain('listening on')
  url = /"url":"([^"]+)"/.exec(output)![1]!
  await expect.poll(async () => (await fetch(`${url}/health`)).status).toBe(200)
}

async function send({ path, body }: Shot, signal: AbortSignal): Promise<void> {
  const json = { 'content-type': 'application/json', prefer: 'respond-async' }
  const headers = typeof body === 'string' ? json : {}
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body, signal })
  await answer.text()
  // A job outlives the client that asked for it.
  const place = answer.headers.get('location')
  if (place) await fetch(`${url}${place}`, { method: 'DELETE' })
}

/** The longest that /api/v1/live took, in ms, until the work was over. */
async function longestWait(work: Promise<unknown>): Promise<number> {
  let over = false
  const ended = work.finally(() => {
    over = true
  })
  let longest = 0
  do {
    const asked = performance.now()
    const answer = await fetch(`${url}/api/v1/live`, { signal: AbortSignal.timeout(5000) })
    expect(answer.status).toBe(200)
    await answer.text()
    longest = Math.max(longest, performance.now() - asked)
    await sleep(5)
  } while (!over)
  await ended
  return longest
}

/** Sends all of an attack at once, and leaves what has not been answered in time. */
async function attack(shots: readonly Shot[]): Promise<void> {
  const signal = AbortSignal.timeout(ATTACK_MS)
  const left = (error: Error) => {
    if (!signal.aborted) throw error
  }
  await Promise.all(shots.map((shot) => send(shot, signal).catch(left)))
}

async function works(): Promise<number> {
  const body = new FormData()
  body.set('audio', await openAsBlob(speech('psalm-en.mp3')))
  body.set('lyrics_text', readFileSync(speech('psalm-en.txt'), 'utf8'))
  const answer = await fetch(`${url}/api/v1/align`, { method: 'POST', body })
  await answer.text()
  return answer.status
}

const TOGETHER: Attack = { name: 'all of them at once', shots: () => ATTACKS.flatMap(({ shots }) => shots()) }

// Another program can hold the machine up for longer than that: what is late twice in a row is late.
describe.each(['node', 'bun'])('while it is attacked, the service on %s', { retry: 1 }, (runtime) => {
  beforeEach(() => start(runtime))
  afterEach(() => service.kill('SIGKILL'))

  test.each([...ATTACKS, TOGETHER])('answers whether it lives, and works on: $name', async ({ shots }) => {
    const sent = shots()
    await longestWait(sleep(100))
    expect(await longestWait(attack(sent))).toBeLessThan(LIVE_MS)
    await expect.poll(works, { timeout: 40_000 }).toBe(200)
    expect(service.exitCode).toBeNull()
  })
})
