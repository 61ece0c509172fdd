import { copyFileSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { loadDrawing } from '../src/cli/evaluate/png.ts'
import { RUNTIMES, runCli } from './run-cli.ts'

const SPEECH = fileURLToPath(new URL('fixtures/speech/', import.meta.url))
const AUDIO = join(SPEECH, 'psalm-en.mp3')
const LYRICS = join(SPEECH, 'psalm-en.txt')
const folder = mkdtempSync(join(tmpdir(), 'sow-align-cli-'))

// Clear speech: lines that are half a second off are lost.
const TOLERANCE_SECONDS = 0.5

describe('help and usage', () => {
  test.each([['align'], ['serve'], ['doctor'], ['evaluate'], ['convert']])(
    '%s --help has examples',
    async (command) => {
      const { code, stdout, stderr } = await runCli([command, '--help'])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain(`$ sow-align ${command}`)
    },
  )

  test('--help lists the commands, --version the version', async () => {
    expect((await runCli(['--help'])).stdout).toMatch(/^ +align .*^ +serve .*^ +doctor .*^ +evaluate /ms)
    expect((await runCli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test.each([
    ['nothing at all', []],
    ['an unknown command', ['algin']],
    ['an unknown option', ['align', AUDIO, LYRICS, '--formt', 'lrc']],
    ['an unknown format', ['align', AUDIO, LYRICS, '--format', 'docx']],
    ['one unknown format of two', ['align', AUDIO, LYRICS, '--format', 'lrc,docx']],
    ['two --out', ['align', AUDIO, LYRICS, '--out', 'a.lrc', '-o', 'b.srt']],
    ['a missing argument', ['align']],
    ['a number that is none', ['align', AUDIO, LYRICS, '--threads', 'many']],
  ])('%s is wrong usage: exit code 2, stdout empty', async (_, args) => {
    const { code, stdout, stderr } = await runCli(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('--help')
  })
})

describe('serve', () => {
  test('listens on the port that is given, and stops at SIGTERM', async () => {
    let answer: Promise<number> | undefined
    const ended = await runCli(['serve', '--port', '0'], {
      started: (child) => {
        child.stdout!.on('data', (chunk: Buffer) => {
          const url = /http:\/\/127\.0\.0\.1:\d+/.exec(chunk.toString())?.[0]
          if (!url || answer) return
          answer = fetch(`${url}/api/v1/live`).then(({ status }) => status)
          answer.finally(() => child.kill('SIGTERM'))
        })
      },
    })
    expect({ code: ended.code, answer: await answer }).toEqual({ code: 0, answer: 200 })
  })
})

describe('doctor', () => {
  test.each(Object.keys(RUNTIMES) as (keyof typeof RUNTIMES)[])(
    '%s: nothing fails on a sound installation',
    async (runtime) => {
      const { code, stdout } = await runCli(['doctor'], { runtime, cwd: folder })
      expect({ code, stdout }).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^ok +self-test +3 s of sound/m),
      })
      expect(stdout).not.toMatch(/^fail/m)
    },
  )

  test('what is wrong is named, with what to do about it', async () => {
    const file = join(folder, 'a-file')
    writeFileSync(file, '')
    const env = {
      SOW_QWEN3_MODEL_PATH: folder,
      SOW_QWEN3_CACHE_DIR: join(file, 'cache'),
      SOW_QWEN3_R2_BUCKET: 'songs',
      SOW_QWEN3_THREADS: '200',
      SOW_QWEN3_PROT: '1',
    }
    const { code, stdout } = await runCli(['doctor'], { env, cwd: folder })
    expect(code).toBe(1)
    for (const what of ['model', 'cache', 'storage']) {
      expect(stdout).toMatch(new RegExp(`^fail +${what} .+\\n +-> \\w`, 'm'))
    }
    expect(stdout).toMatch(/^warn +threads .+\n +-> \w/m)
    expect(stdout).toContain('did you mean SOW_QWEN3_PORT?')
  })

  test('a setting that cannot be read fails', async () => {
    const { code, stdout } = await runCli(['doctor'], { env: { SOW_QWEN3_PORT: 'x' }, cwd: folder })
    expect(code).toBe(1)
    expect(stdout).toMatch(/^fail +settings +SOW_QWEN3_PORT: expected .+\n +-> /m)
  })
})

describe('evaluate', () => {
  test('scores every song of a folder and its set, and writes figures and a picture', async () => {
    const json = join(folder, 'figures.json')
    const svg = join(folder, 'errors.svg')
    const gif = await runCli(['evaluate', SPEECH, '--plot', 'errors.gif'])
    expect(gif).toMatchObject({ code: 2, stderr: expect.stringContaining('ends with .svg or .png') })
    const { code, stdout } = await runCli(['evaluate', SPEECH, '--json', json, '--plot', svg])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^psalm-en .*^psalm-zh .*^MEAN speech \(2\) .* 0 lost$/ms)
    const { songs, sets, model } = JSON.parse(readFileSync(json, 'utf8'))
    expect(songs.map(({ name }: { name: string }) => name)).toEqual(['psalm-en', 'psalm-zh'])
    expect(sets[0]).toMatchObject({ set: 'speech', songs: 2, lost: 0, trust: { lines: 11 } })
    expect(sets[0].lines.mean).toBeLessThan(TOLERANCE_SECONDS)
    expect(sets[0].lines.mean).toBeCloseTo((songs[0].lines.mean + songs[1].lines.mean) / 2)
    const picture = readFileSync(svg, 'utf8')
    expect(picture).toContain(`${model.name} ${model.version}`)
    // A dot for each of the eleven lines and the three of the legend.
    expect(picture.match(/<circle /g)).toHaveLength(14)
    const drawn = await (await loadDrawing())(picture)
    // The signature of a PNG, and its width and height.
    expect(Buffer.from(drawn.subarray(0, 8)).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
    const view = new DataView(drawn.buffer, drawn.byteOffset)
    const [width, height] = /width="(\d+)" height="(\d+)"/.exec(picture)!.slice(1).map(Number)
    expect([view.getUint32(16), view.getUint32(20)]).toEqual([2 * width!, 2 * height!])
  })

  test('what is read is not written over', async () => {
    const songs = mkdtempSync(join(tmpdir(), 'sow-align-own-'))
    const names = ['psalm-en.mp3', 'psalm-en.txt', 'psalm-en.json']
    for (const name of names) copyFileSync(join(SPEECH, name), join(songs, name))
    symlinkSync('psalm-en.mp3', join(songs, 'picture.svg'))
    for (const args of [
      ...names.map((name) => ['--json', join(songs, name)]),
      ['--plot', join(songs, 'picture.svg')],
    ]) {
      const ended = await runCli(['evaluate', songs, ...args])
      expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('[OUTPUT_EXISTS]') })
    }
    for (const name of names)
      expect(readFileSync(join(songs, name))).toEqual(readFileSync(join(SPEECH, name)))
  })

  test('draws a PNG where the name says so', async () => {
    const png = join(folder, 'errors.png')
    expect(await runCli(['evaluate', SPEECH, '--plot', png])).toMatchObject({ code: 0 })
    expect(readFileSync(png).subarray(1, 4).toString()).toBe('PNG')
  })

  test('a folder without songs, or with half of one, is an error that says what was expected', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'sow-align-none-'))
    expect(await runCli(['evaluate', empty])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Expected songs in'),
    })
    writeFileSync(join(empty, 'a.txt'), 'one\ntwo\n')
    writeFileSync(join(empty, 'a.wav'), '')
    writeFileSync(
      join(empty, 'a.json'),
      '{"set": "x", "lines": [{"text": "one", "start": 1, "end": 2, "words": []}]}',
    )
    expect((await runCli(['evaluate', empty])).stderr).toContain(
      'Expected as many lines in a.txt as in a.json (1), got 2',
    )
  })
})
