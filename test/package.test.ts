import { execFileSync } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { emptyProject, installOffline, link, pack } from './empty-project.ts'
import { RUNTIMES, runProgram } from './run-cli.ts'

const SPEECH = fileURLToPath(new URL('fixtures/speech/', import.meta.url))
const TSC = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))

const SCRIPT = `
import { readFileSync } from 'node:fs'
import { AlignError, createAligner, toLrc } from 'sow-align'

const aligner = await createAligner({ threads: 1, isolation: process.argv[2] })
const alignment = await aligner.align('song.mp3', readFileSync('song.txt', 'utf8'), { language: 'Chinese' })
console.log(toLrc(alignment))
const error = await aligner.align('nowhere.mp3', 'la').catch((reason) => reason)
console.log(error instanceof AlignError && error.code)
await aligner.close()
`

const TYPED = `
import { type Alignment, AlignError, createAligner, type Format, formatAlignment, toLrc } from 'sow-align'
import type { AlignBody, App } from 'sow-align/server'

export async function starts(song: Uint8Array, format: Format): Promise<number[]> {
  await using aligner = await createAligner({ maxConcurrent: 2 })
  const alignment: Alignment = await aligner.align(song, 'la', { signal: AbortSignal.timeout(1000) })
  console.log(toLrc(alignment), formatAlignment(alignment, format), alignment.verdict.level === 'good')
  return alignment.lines.flatMap((line) => line.units.map((unit) => unit.start))
}

export const isBusy = (error: unknown) => error instanceof AlignError && error.code === 'QUEUE_FULL'
// @ts-expect-error the codes are a closed set
export const isOdd = (error: AlignError) => error.code === 'ODD'
export type Client = { app: App; body: AlignBody }
`

const TSCONFIG = {
  compilerOptions: {
    module: 'NodeNext',
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable'],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  },
}

describe('the package, installed in an empty project', () => {
  const project = emptyProject()
  beforeAll(() => {
    installOffline(pack(), project)
    copyFileSync(join(SPEECH, 'psalm-zh.mp3'), join(project, 'song.mp3'))
    copyFileSync(join(SPEECH, 'psalm-zh.txt'), join(project, 'song.txt'))
    writeFileSync(join(project, 'align.js'), SCRIPT)
  })

  test.each(Object.entries(RUNTIMES))(
    '%s: aligns from plain JavaScript: model and worker are found',
    async (_, runtime) => {
      const { code, stdout, stderr } = await runProgram([...runtime, 'align.js'], { cwd: project })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(/^\[00:0\d\.\d\d\]耶和華是我的牧者\n/)
      expect(stdout.trimEnd().split('\n').at(-1)).toBe('AUDIO_FETCH_FAILED')
    },
  )

  test.each(Object.entries(RUNTIMES))('%s: worker processes are found, and end', async (_, runtime) => {
    const { code, stdout, stderr } = await runProgram([...runtime, 'align.js', 'process'], { cwd: project })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^\[00:0\d\.\d\d\]耶和華是我的牧者\n/)
  })

  test.each(Object.entries(RUNTIMES))('%s: the command line runs', async (_, runtime) => {
    const command = [...runtime, join('node_modules', 'sow-align', 'dist', 'src', 'cli.js')]
    const { code, stdout } = await runProgram([...command, 'align', 'song.mp3', 'song.txt'], { cwd: project })
    expect({ code, lines: stdout.trimEnd().split('\n').length }).toEqual({ code: 0, lines: 5 })
  })

  test('types resolve for a TypeScript project, those of the server too', () => {
    const modules = join(project, 'node_modules')
    link('@types/node', modules)
    link('undici-types', modules)
    writeFileSync(join(project, 'index.ts'), TYPED)
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(TSCONFIG))
    expect(() => execFileSync(process.execPath, [TSC, '-p', project], { encoding: 'utf8' })).not.toThrow()
  })

  test('only the exports are reachable', async () => {
    writeFileSync(join(project, 'deep.js'), "await import('sow-align/dist/src/pool/threads.js')")
    const { code, stderr } = await runProgram(['node', 'deep.js'], { cwd: project })
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ERR_PACKAGE_PATH_NOT_EXPORTED'),
    })
  })
})
