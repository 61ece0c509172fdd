import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { RUNTIMES, runCli } from './run-cli.ts'

const SPEECH = fileURLToPath(new URL('fixtures/speech/', import.meta.url))
const AUDIO = join(SPEECH, 'psalm-en.mp3')
const LYRICS = join(SPEECH, 'psalm-en.txt')
const folder = mkdtempSync(join(tmpdir(), 'sow-align-cli-'))

// Clear speech: a line further off than half a second is a line that was lost.
const TOLERANCE_SECONDS = 0.5

function reference(name: string): { lines: { start: number; text: string }[] } {
  return JSON.parse(readFileSync(join(SPEECH, `${name}.json`), 'utf8'))
}

function lrcLines(lrc: string): { seconds: number; text: string }[] {
  return lrc
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, minutes, seconds, text] = /^\[(\d+):([\d.]+)\](.*)$/.exec(line)!
      return { seconds: Number(minutes) * 60 + Number(seconds), text: text! }
    })
}

/** A WAV file of silence, 8 kHz. */
function silence(seconds: number): string {
  const data = Buffer.alloc(seconds * 16_000)
  const head = Buffer.from(
    'RIFF....WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data....',
    'latin1',
  )
  head.writeUInt32LE(36 + data.length, 4)
  head.writeUInt32LE(data.length, 40)
  const file = join(folder, `silence-${seconds}.wav`)
  writeFileSync(file, Buffer.concat([head, data]))
  return file
}

describe('align', () => {
  const names = ['psalm-en', 'psalm-zh']
  const cases = (Object.keys(RUNTIMES) as (keyof typeof RUNTIMES)[]).flatMap((runtime) =>
    names.map((name) => ({ runtime, name })),
  )
  test.each(cases)('$runtime writes the times of $name on stdout, and nothing else there', async (each) => {
    const { runtime, name } = each
    const files = [join(SPEECH, `${name}.mp3`), join(SPEECH, `${name}.txt`)]
    const { code, stdout, stderr } = await runCli(['align', ...files], { runtime })
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('sung lines were found'),
    })
    const lines = lrcLines(stdout)
    const { lines: truth } = reference(name)
    expect(lines.map(({ text }) => text)).toEqual(truth.map(({ text }) => text))
    lines.forEach(({ seconds }, i) => {
      expect(Math.abs(seconds - truth[i]!.start)).toBeLessThan(TOLERANCE_SECONDS)
    })
  })

  test('the ending of --out names the format, and stdout stays empty', async () => {
    const out = join(folder, 'psalm.json')
    const { code, stdout } = await runCli(['align', AUDIO, LYRICS, '--out', out])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    const { lines, verdict } = JSON.parse(readFileSync(out, 'utf8'))
    expect(lines).toHaveLength(reference('psalm-en').lines.length)
    expect(verdict.sung_lines).toBe(lines.length)
    expect(lines[0].words[0].text).toBe('The')
  })

  test('--format wins, lyrics come from stdin, and --quiet leaves stderr empty', async () => {
    const args = ['align', AUDIO, '-', '--format', 'srt', '--quiet']
    const { code, stdout, stderr } = await runCli(args, { stdin: readFileSync(LYRICS) })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^1\n00:00:0\d,\d{3} --> 00:00:\d\d,\d{3}\nThe Lord is my shepherd/)
  })

  test('lyrics of a recording without singing are warned of, line by line', async () => {
    const { code, stdout, stderr } = await runCli(['align', silence(12), LYRICS])
    expect(code).toBe(0)
    expect(lrcLines(stdout)).toHaveLength(6)
    expect(stderr).toMatch(/^warning: unreliable: 0 of 6 sung lines were found in the recording$/m)
    expect(stderr.match(/^warning: line \d at /gm)).toHaveLength(6)
  })

  test('lyrics in another encoding are read when it is named, and shown in the likely ones when not', async () => {
    const big5 = join(folder, 'big5.txt')
    writeFileSync(big5, Buffer.from('ad43a94da5', 'hex'))
    const refused = await runCli(['align', AUDIO, big5])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('error [LYRICS_UNREADABLE]: Expected lyrics in utf-8')

    writeFileSync(big5, Buffer.from('ad43a94dd8fe', 'hex'))
    const guessed = await runCli(['align', AUDIO, big5])
    expect(guessed.stderr).toMatch(/--encoding big5 +耶和愔/)
    const read = await runCli(['align', AUDIO, big5, '--encoding', 'big5'])
    expect({ code: read.code, text: lrcLines(read.stdout)[0]!.text }).toEqual({ code: 0, text: '耶和愔' })
  })

  test.each([
    ['a recording that is not there', ['nowhere.mp3', LYRICS], 'AUDIO_FETCH_FAILED'],
    ['lyrics that are not there', [AUDIO, 'nowhere.txt'], 'LYRICS_UNREADABLE'],
    ['the two exchanged', [LYRICS, AUDIO], 'LYRICS_UNREADABLE'],
    ['a recording that is text', [LYRICS, LYRICS], 'AUDIO_UNREADABLE'],
    ['an unknown language', [AUDIO, LYRICS, '--language', 'Klingon'], 'LANGUAGE_UNSUPPORTED'],
    ['an unknown encoding', [AUDIO, LYRICS, '--encoding', 'utf-42'], 'LYRICS_UNREADABLE'],
    ['a model that is none', [AUDIO, LYRICS, '--model', SPEECH], 'MODEL_INVALID'],
    ['a recording over the limit', [AUDIO, LYRICS, '--max-audio-seconds', '5'], 'AUDIO_TOO_LONG'],
    ['a folder that is not there', [AUDIO, LYRICS, '--out', 'no/such/folder.lrc'], 'CONFIG_INVALID'],
  ])('%s is an error with its code and a way out, and exit code 1', async (_, args, code) => {
    const ended = await runCli(['align', ...args])
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toMatch(new RegExp(`^error \\[${code}\\]: .+\\n(.*\\n)*  \\w.+\\n$`))
  })

  test('settings of the environment hold, and options win', async () => {
    const env = { SOW_QWEN3_MAX_AUDIO_SECONDS: '5' }
    expect((await runCli(['align', AUDIO, LYRICS], { env })).stderr).toContain('AUDIO_TOO_LONG')
    const allowed = await runCli(['align', AUDIO, LYRICS, '--max-audio-seconds', '60'], { env })
    expect(allowed.code).toBe(0)
  })

  test('a reader that has seen enough is no error', async () => {
    const { code, stderr } = await runCli(['align', AUDIO, LYRICS, '--quiet'], {
      started: (child) => child.stdout!.destroy(),
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it cleanly with exit code 130', async (signal) => {
    const stalled = createServer().listen(0, '127.0.0.1')
    const asked = new Promise<void>((resolve) => {
      stalled.on('request', () => resolve())
    })
    await new Promise((resolve) => {
      stalled.once('listening', resolve)
    })
    const url = `http://127.0.0.1:${(stalled.address() as AddressInfo).port}/song.mp3`
    const started = (child: { kill(signal: 'SIGINT' | 'SIGTERM'): void }) =>
      void asked.then(() => child.kill(signal))
    const ended = await runCli(['align', url, LYRICS], { started })
    stalled.closeAllConnections()
    stalled.close()
    expect(ended).toEqual({ code: 130, stdout: '', stderr: '' })
  })
})

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
    ['a missing argument', ['align', AUDIO]],
    ['too many arguments', ['align', AUDIO, LYRICS, 'more']],
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
