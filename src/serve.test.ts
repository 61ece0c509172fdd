import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, openAsBlob, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { encodeWav, noise } from '../test/audio-samples.ts'
import { read } from '../test/http-service.ts'
import { childrenOf, isAlive } from '../test/processes.ts'
import { MALLOC } from './config/load.ts'

const SERVE = fileURLToPath(new URL('../dist/src/serve.js', import.meta.url))
const BUN = fileURLToPath(new URL('../node_modules/.bin/bun', import.meta.url))
const speech = (name: string) => fileURLToPath(new URL(`../test/fixtures/speech/${name}`, import.meta.url))

type Running = { process: ChildProcess; output: () => string; exit: Promise<number | null> }

const started: Running[] = []

function start(runtime: string, env: Record<string, string> = {}): Running {
  const args = runtime === 'node' ? [SERVE] : ['--no-env-file', SERVE]
  const settings = { PATH: process.env.PATH, SOW_QWEN3_PORT: '0', ...env }
  const child = spawn(runtime === 'node' ? runtime : BUN, args, { env: settings, cwd: tmpdir() })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve))
  const running = { process: child, output: () => output, exit }
  started.push(running)
  return running
}

afterEach(() => {
  for (const { process: child } of started.splice(0)) child.kill('SIGKILL')
})

/** The address of a service, once it listens. */
async function address({ output }: Running): Promise<string> {
  await expect.poll(output, { timeout: 20_000 }).toContain('listening on')
  return /"url":"([^"]+)"/.exec(output())![1]!
}

async function health(
  url: string,
): Promise<{ status: number; state?: string; reason?: string; running?: number }> {
  const response = await fetch(`${url}/health`)
  return { ...((await response.json()) as object), status: response.status }
}

// Some seconds of work.
const LONG = new Blob([encodeWav([noise(280, 16_000)], 16_000)])

/** The address of a service, once it can align. */
async function ready(service: Running): Promise<string> {
  const url = await address(service)
  await expect.poll(async () => (await health(url)).status).toBe(200)
  return url
}

async function align(url: string, { audio }: { audio?: Blob } = {}): Promise<Response> {
  const form = new FormData()
  form.set('audio', audio ?? (await openAsBlob(speech('psalm-en.mp3'))))
  form.set('lyrics_text', readFileSync(speech('psalm-en.txt'), 'utf8'))
  return fetch(`${url}/api/v1/align`, { method: 'POST', body: form })
}

describe.each(['node', 'bun'])('the service on %s', (runtime) => {
  test('listens, loads, aligns, and lets running work end when it is told to stop', async () => {
    const service = start(runtime)
    const url = await address(service)
    await expect.poll(async () => (await health(url)).status, { timeout: 20_000 }).toBe(200)
    const form = new FormData()
    form.set('audio', await openAsBlob(speech('psalm-en.mp3')))
    form.set('lyrics_text', readFileSync(speech('psalm-en.txt'), 'utf8'))
    const answer = fetch(`${url}/api/v1/align`, { method: 'POST', body: form })
    await expect.poll(async () => (await health(url)).running, { interval: 5 }).toBe(1)
    service.process.kill('SIGTERM')
    const { lrc_content, verdict } = await read(await answer)
    expect(lrc_content).toContain('The Lord is my shepherd')
    expect(verdict.level).toBe('good')
    expect(await service.exit).toBe(0)
    expect(service.output()).toContain('the embedded model is used')
  })

  test('what comes after the signal is told to go elsewhere, while what ran before is answered', async () => {
    const service = start(runtime)
    const url = await ready(service)
    const answer = align(url, { audio: LONG })
    await expect.poll(async () => (await health(url)).running, { interval: 5 }).toBe(1)
    service.process.kill('SIGTERM')
    await expect.poll(async () => (await health(url)).state).toBe('draining')
    const late = await align(url, { audio: LONG })
    expect(late.status).toBe(503)
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await read(late)).toMatchObject({ code: 'DRAINING', retryable: true })
    expect((await fetch(`${url}/api/v1/live`)).status).toBe(200)
    expect((await answer).status).toBe(200)
    expect(await service.exit).toBe(0)
  })

  test('a second signal ends it at once, with its workers', async () => {
    const service = start(runtime)
    const url = await ready(service)
    const workers = childrenOf(service.process.pid!)
    expect(workers).toHaveLength(1)
    const answer = align(url, { audio: LONG }).catch((error: Error) => error)
    await expect.poll(async () => (await health(url)).running, { interval: 5 }).toBe(1)
    service.process.kill('SIGTERM')
    await expect.poll(service.output).toContain('no new work is taken')
    service.process.kill('SIGTERM')
    expect(await service.exit).toBe(1)
    expect(await answer).toBeInstanceOf(Error)
    await expect.poll(() => workers.filter(isAlive)).toEqual([])
  })

  test('its worker processes give freed memory back to the system; what is set already is kept', async () => {
    const service = start(runtime, { MALLOC_ARENA_MAX: '3' })
    await ready(service)
    const [worker] = childrenOf(service.process.pid!)
    const variables = readFileSync(`/proc/${worker}/environ`, 'utf8')
      .split('\0')
      .filter((each) => each.startsWith('MALLOC_'))
    const expected = Object.entries({ ...MALLOC, MALLOC_ARENA_MAX: '3' }).map((each) => each.join('='))
    expect(variables.sort()).toEqual(expected.sort())
  })

  test('a worker that is killed in mid-work costs time, not the answer', async () => {
    const service = start(runtime)
    const url = await ready(service)
    const answer = align(url)
    await expect.poll(async () => (await health(url)).running, { interval: 5 }).toBe(1)
    for (const worker of childrenOf(service.process.pid!)) process.kill(worker, 'SIGKILL')
    expect((await read(await answer)).verdict.level).toBe('good')
    expect(service.output()).toContain('its input')
    expect((await health(url)).status).toBe(200)
  })

  test('its workers end with it when it is killed', async () => {
    const service = start(runtime)
    await ready(service)
    const workers = childrenOf(service.process.pid!)
    service.process.kill('SIGKILL')
    await service.exit
    await expect.poll(() => workers.filter(isAlive)).toEqual([])
  })

  test('in a thread, where that is asked for', async () => {
    const service = start(runtime, { SOW_QWEN3_WORKER_ISOLATION: 'thread' })
    const url = await ready(service)
    expect(childrenOf(service.process.pid!)).toEqual([])
    expect((await read(await align(url))).verdict.level).toBe('good')
    service.process.kill('SIGTERM')
    expect(await service.exit).toBe(0)
  })

  test('work that takes longer than it may is cancelled, and the exit is clean', async () => {
    const service = start(runtime, { SOW_QWEN3_DRAIN_SECONDS: '0' })
    const url = await address(service)
    await expect.poll(async () => (await health(url)).status, { timeout: 20_000 }).toBe(200)
    const form = new FormData()
    form.set('audio', await openAsBlob(speech('psalm-en.mp3')))
    form.set('lyrics_text', readFileSync(speech('psalm-en.txt'), 'utf8'))
    const answer = fetch(`${url}/api/v1/align`, { method: 'POST', body: form }).catch((error) => error)
    await expect.poll(async () => (await health(url)).running, { interval: 5 }).toBe(1)
    service.process.kill('SIGTERM')
    await answer
    expect(await service.exit).toBe(0)
    expect(service.output()).toContain('is cancelled')
  })

  test('a model that cannot be loaded leaves it up, with the reason, and no other model in its place', async () => {
    const service = start(runtime, { SOW_QWEN3_MODEL_PATH: '/nowhere/model' })
    const url = await address(service)
    await expect.poll(async () => (await health(url)).state, { timeout: 20_000 }).toBe('failed')
    const answer = await health(url)
    expect(answer.status).toBe(503)
    expect(answer.reason).toContain('/nowhere/model')
    service.process.kill('SIGINT')
    expect(await service.exit).toBe(0)
  })

  test('a port that is taken is told, with the variable that changes it', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as { port: number }
    const service = start(runtime, { SOW_QWEN3_PORT: String(port) })
    expect(await service.exit).toBe(1)
    expect(service.output()).toContain(
      `cannot listen on port ${port} of 127.0.0.1: another program has it; set SOW_QWEN3_PORT`,
    )
    other.close()
  })

  test('a setting that cannot work is told, and nothing starts', async () => {
    const service = start(runtime, { SOW_QWEN3_DEVICE: 'cuda' })
    expect(await service.exit).toBe(1)
    expect(service.output()).toContain('SOW_QWEN3_DEVICE: expected auto or cpu')
  })
})

test('a model on storage that hangs does not keep the service from ending', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sow-stuck-'))
  const embedded = createRequire(import.meta.url).resolve('#embedded-model/manifest.json')
  writeFileSync(join(folder, 'manifest.json'), readFileSync(embedded))
  // Nobody writes into it: whoever reads it waits for ever.
  execFileSync('mkfifo', [join(folder, 'model.onnx')])
  const service = start('node', { SOW_QWEN3_MODEL_PATH: folder, SOW_QWEN3_DRAIN_SECONDS: '0' })
  const url = await address(service)
  expect((await health(url)).state).toBe('loading')
  service.process.kill('SIGTERM')
  await expect.poll(async () => (await health(url)).state).toBe('draining')
  await service.exit
  expect(service.process.signalCode).toBe('SIGKILL')
  expect(service.output()).toContain('a thread is stuck')
  rmSync(folder, { recursive: true })
})
