import { spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  pageWithBlocks,
  readmeWithBlocks,
  reliabilityWithBlocks,
  structureWithBlocks,
  trustPicture,
} from '../scripts/readme-blocks.ts'
import { envExample } from '../src/config/docs.ts'
import { emptyProject, installOffline, pack } from './empty-project.ts'
import { CLI, canRun, cleanEnvironment, RUNTIMES, runProgram } from './run-cli.ts'

const root = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const README = readFileSync(root('README.md'), 'utf8')

const HTTP = readFileSync(root('docs/http.md'), 'utf8')
const JOBS = readFileSync(root('docs/jobs.md'), 'utf8')

/** The fenced blocks of a language, in their order. */
function examples(language: string, text = README): string[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , code]) => code!)
}

test('the generated blocks and .env.example are up to date (npm run docs writes them)', () => {
  expect(README).toBe(readmeWithBlocks(README))
  const reliability = readFileSync(root('docs/RELIABILITY.md'), 'utf8')
  expect(reliability).toBe(reliabilityWithBlocks(reliability))
  const structure = readFileSync(root('docs/structure.md'), 'utf8')
  expect(structure).toBe(structureWithBlocks(structure))
  const page = readFileSync(root('docs/page.md'), 'utf8')
  expect(page).toBe(pageWithBlocks(page))
  expect(readFileSync(root('docs/trust.svg'), 'utf8')).toBe(trustPicture())
  expect(readFileSync(root('.env.example'), 'utf8')).toBe(envExample())
})

test('every path that the README links to is there', () => {
  const links = [...README.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(([, path]) => path!)
  expect(links.length).toBeGreaterThan(2)
  for (const path of links) expect(() => readFileSync(root(path)), path).not.toThrow()
})

describe('the examples of the README', () => {
  const project = emptyProject()
  const bin = join(project, 'bin')
  beforeAll(() => {
    installOffline(pack(), project)
    copyFileSync(root('test/fixtures/speech/psalm-en.mp3'), join(project, 'song.mp3'))
    copyFileSync(root('test/fixtures/speech/psalm-en.txt'), join(project, 'lyrics.txt'))
    mkdirSync(bin)
    writeFileSync(join(bin, 'sow-align'), `#!/bin/sh\nexec node '${CLI}' "$@"\n`)
    chmodSync(join(bin, 'sow-align'), 0o755)
  })

  const programs = examples('js').flatMap((code, place) =>
    Object.entries(RUNTIMES).map(([name, runtime]) => ({ name, runtime, code, i: place + 1 })),
  )
  test.each(programs)('library example $i runs on $name', async ({ code, runtime, name, i }) => {
    const file = `example-${i}-${name}.js`
    writeFileSync(join(project, file), code)
    const ended = await runProgram([...runtime, file], { cwd: project })
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/The Lord|good|mixed/) })
  })

  test('there are examples of everything', () => {
    expect(examples('js')).toHaveLength(2)
    expect(examples('sh')).toHaveLength(2)
  })

  const [commands = '', requests = ''] = examples('sh')

  test.each(commands.trim().split('\n'))('%s', async (command) => {
    const ended = await runShell(command, project, bin)
    expect(ended.code).toBe(0)
    const written = ['song.lrc', 'song.srt'].filter((name) => command.includes(name))
    const result = written[0] ? readFileSync(join(project, written[0]), 'utf8') : ended.stdout
    expect(result).toContain('The Lord is my shepherd')
  })

  test.each(Object.entries(RUNTIMES))(
    'the service as a part of another server runs on %s',
    async (_, runtime) => {
      writeFileSync(join(project, 'server.js'), examples('js', HTTP)[0]!)
      const ended = await runProgram([...runtime, 'server.js'], {
        cwd: project,
        env: { SOW_QWEN3_PORT: '0' },
        started: (child) => child.stdout!.once('data', () => child.kill('SIGTERM')),
      })
      expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^listening on http/) })
    },
  )

  describe('against a service', () => {
    let service: { url: string; stop: () => Promise<void> }
    let storage: Server
    beforeAll(async () => {
      storage = createServer((_, response) => response.end(readFileSync(join(project, 'song.mp3'))))
      await new Promise<void>((resolve) => {
        storage.listen(0, '127.0.0.1', resolve)
      })
      service = await startService(project)
    })
    afterAll(async () => {
      storage?.close()
      await service?.stop()
    })

    test.skipIf(!canRun('curl')).each([requests, ...examples('sh', HTTP)].flatMap(split))(
      '%s',
      async (request) => {
        const here = `http://127.0.0.1:${(storage.address() as AddressInfo).port}`
        const command = request
          .replace('http://127.0.0.1:8000', service.url)
          .replace('https://example.com', here)
        const { code, stdout } = await runShell(command, project, bin)
        expect({ code, stdout }).toMatchObject({
          code: 0,
          stdout: expect.stringMatching(/healthy|alive|The Lord/),
        })
      },
    )

    test.skipIf(!canRun('curl')).each(examples('sh', JOBS))('%s', async (script) => {
      const here = `http://127.0.0.1:${(storage.address() as AddressInfo).port}`
      const commands = script
        .replaceAll('http://127.0.0.1:8000', service.url)
        .replaceAll('https://example.com', here)
      const { code, stdout } = await runShell(commands, project, bin)
      expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('The Lord') })
    })
  })
})

/** Commands that start with curl, some over several lines. */
function split(script: string): string[] {
  return script.split(/^(?=curl )/m).map((command) => command.trim())
}

function runShell(command: string, cwd: string, bin: string) {
  const PATH = `${bin}${delimiter}${cleanEnvironment().PATH}`
  return runProgram(['sh', '-ec', command], { cwd, env: { PATH } })
}

/** `sow-align serve` on a free port, ready to align. */
async function startService(cwd: string) {
  const env = { ...cleanEnvironment(), SOW_QWEN3_ALLOW_PRIVATE_URLS: 'true' }
  const child = spawn('node', [CLI, 'serve', '--port', '0'], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
  })
  let log = ''
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      log += chunk
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(log)
      if (found && log.includes('"ready: ')) resolve(found[0])
    })
    child.once('close', () => reject(new Error(`The service ended: ${log}`)))
  })
  return {
    url,
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
  }
}
