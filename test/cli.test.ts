import {
  copyFileSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
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
    const enhanced = join(folder, 'psalm.Enhanced.LRC')
    expect((await runCli(['align', AUDIO, LYRICS, '--out', enhanced])).code).toBe(0)
    expect(readFileSync(enhanced, 'utf8')).toMatch(/^\[\d\d:\d\d\.\d\d\]<\d\d:\d\d\.\d\d>The /)
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

  test('into a folder go all formats that are asked for, named after the recording', async () => {
    const into = mkdtempSync(join(folder, 'into-'))
    const { code, stdout } = await runCli([
      'align',
      AUDIO,
      LYRICS,
      '--out',
      into,
      '--format',
      'srt,enhanced-lrc',
    ])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(readdirSync(into).sort()).toEqual(['psalm-en.enhanced.lrc', 'psalm-en.srt'])
    expect(readFileSync(join(into, 'psalm-en.srt'), 'utf8')).toMatch(/^1\n00:00:0/)
  })

  test('a file that is there is replaced where --overwrite says so; recording and lyrics never are', async () => {
    const own = mkdtempSync(join(folder, 'own-'))
    const [audio, lyrics, link, out] = ['a.mp3', 'a.txt', 'link.lrc', 'a.lrc'].map((name) =>
      join(own, name),
    ) as [string, string, string, string]
    copyFileSync(AUDIO, audio)
    copyFileSync(LYRICS, lyrics)
    symlinkSync('a.mp3', link)
    linkSync(lyrics, join(own, 'hard.lrc'))
    writeFileSync(out, 'mine')
    for (const path of [audio, lyrics, link, join(own, 'hard.lrc')]) {
      const ended = await runCli(['align', audio, lyrics, '--overwrite', '--format', 'lrc', '--out', path])
      expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('error [OUTPUT_EXISTS]') })
    }
    expect(readFileSync(audio)).toEqual(readFileSync(AUDIO))
    expect(readFileSync(lyrics)).toEqual(readFileSync(LYRICS))

    const refused = await runCli(['align', audio, lyrics, '--out', out])
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--overwrite') })
    expect(readFileSync(out, 'utf8')).toBe('mine')
    const replaced = await runCli(['align', audio, lyrics, '--out', out, '--overwrite', '--quiet'])
    expect(replaced).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(lrcLines(readFileSync(out, 'utf8'))).toHaveLength(6)
    expect(await runCli(['align', audio, lyrics, '--out', '/dev/null', '--quiet'])).toMatchObject({ code: 0 })
  })

  test('lyrics of a recording without singing are warned of, line by line', async () => {
    const { code, stdout, stderr } = await runCli(['align', silence(12), LYRICS])
    expect(code).toBe(0)
    expect(lrcLines(stdout)).toHaveLength(6)
    expect(stderr).toMatch(/^warning: unreliable: 0 of 6 sung lines were found in the recording$/m)
    expect(stderr.match(/^warning: line \d (at|is not in the recording)/gm)).toHaveLength(6)
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
    ['an ending that tells no format', [AUDIO, LYRICS, '--out', 'song.docx'], 'CONFIG_INVALID'],
    ['two formats without a folder', [AUDIO, LYRICS, '--format', 'lrc,srt'], 'CONFIG_INVALID'],
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
