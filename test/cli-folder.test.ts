import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, test } from 'vitest'
import { RUNTIMES, runCli } from './run-cli.ts'

const SPEECH = fileURLToPath(new URL('fixtures/speech/', import.meta.url))
const OTHERS = { en: 'zh', zh: 'en' } as const

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sow-align-folder-'))
})

/** A psalm with its lyrics, or with those of another one. */
function give(name: string, psalm: 'en' | 'zh', { wrong = false } = {}): void {
  mkdirSync(dirname(join(root, name)), { recursive: true })
  copyFileSync(join(SPEECH, `psalm-${psalm}.mp3`), join(root, `${name}.mp3`))
  copyFileSync(join(SPEECH, `psalm-${wrong ? OTHERS[psalm] : psalm}.txt`), join(root, `${name}.txt`))
}

function align(args: string[], options: Parameters<typeof runCli>[1] = {}) {
  return runCli(['align', ...args], { cwd: root, ...options })
}

function results(folder = root): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => /\.(lrc|srt|tmp)$/.test(name)).sort()
}

describe('align with a folder', () => {
  test.each(Object.keys(RUNTIMES) as (keyof typeof RUNTIMES)[])(
    '%s: writes the results beside the songs, prints a table worst first, and does nothing twice',
    async (runtime) => {
      give('a', 'en')
      give('live/歌', 'zh')
      give('wrong', 'zh', { wrong: true })
      const args = ['.', '--recursive', '--format', 'lrc,srt', '--jobs', '2', '--report', 'report.html']
      const first = await align(args, { runtime })
      expect(first.code).toBe(0)
      expect(first.stdout).toMatch(
        /^result .*\nunreliable .* wrong\.mp3: .*\ngood +6\/6 .* a\.mp3\ngood +5\/5 .* live\/歌\.mp3\n3 songs: 2 good, .* 3 aligned now/,
      )
      expect(results()).toEqual(['a.lrc', 'a.srt', 'live/歌.lrc', 'live/歌.srt', 'wrong.lrc', 'wrong.srt'])
      expect(readFileSync(join(root, 'a.lrc'), 'utf8')).toMatch(/^\[00:0\d\.\d\d\]The Lord is my shepherd/)
      expect(readFileSync(join(root, 'report.html'), 'utf8')).toContain('href="./live/%E6%AD%8C.mp3"')
      const again = await align([...args, '--fail-on', 'mixed'], { runtime })
      expect(again).toMatchObject({ code: 3, stdout: expect.stringContaining('0 aligned now, 3 unchanged') })
    },
  )

  test.each(['SIGINT', 'SIGKILL'] as const)(
    '%s in the middle keeps what is done, and the next run goes on',
    async (signal) => {
      for (const name of ['a', 'b', 'c', 'd', 'e']) give(name, name < 'c' ? 'en' : 'zh')
      const ended = await align(['.'], {
        started: (child) => child.stderr!.once('data', () => child.kill(signal)),
      })
      expect(ended.code).toBe(signal === 'SIGINT' ? 130 : null)
      const kept = results()
      const contents = kept.map((name) => readFileSync(join(root, name), 'utf8'))
      expect(contents.every((content) => content.endsWith('\n') && content.split('\n').length > 5)).toBe(true)
      const next = await align(['.'])
      expect(next.code).toBe(0)
      const [, aligned, unchanged] = /(\d) aligned now, (\d) unchanged/.exec(next.stdout)!
      expect(Number(unchanged)).toBeGreaterThanOrEqual(1)
      expect(Number(aligned) + Number(unchanged)).toBe(5)
      expect(results()).toEqual(['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.lrc`))
      // What was kept was not written anew.
      expect(kept.map((name) => readFileSync(join(root, name), 'utf8'))).toEqual(contents)
    },
  )

  test('--dry-run shows the plan and writes nothing', async () => {
    give('a', 'en')
    give('b', 'en')
    writeFileSync(join(root, 'b.lrc'), 'mine')
    copyFileSync(join(SPEECH, 'psalm-en.mp3'), join(root, 'c.mp3'))
    const { code, stdout } = await align(['*.mp3', '--dry-run'])
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringMatching(
        /^align +a\.mp3 with a\.txt -> a\.lrc\nrefuse +b\.mp3: \[OUTPUT_EXISTS\] .*\nleave out +c\.mp3: .*\n1 to align, 0 unchanged, 1 to leave out, 1 refused\n$/,
      ),
    })
    expect(readdirSync(root).sort()).toEqual(['a.mp3', 'a.txt', 'b.lrc', 'b.mp3', 'b.txt', 'c.mp3'])
  })

  test('--quiet says nothing but what failed; a song that cannot be read ends no other', async () => {
    give('a', 'en')
    give('bad', 'en')
    writeFileSync(join(root, 'bad.mp3'), 'no audio')
    const { code, stdout, stderr } = await align(['.', '--quiet', '--out', 'times'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^failed +bad\.mp3: \[AUDIO_UNREADABLE\] .*\n$/)
    expect(results()).toEqual(['times/a.lrc'])
  })

  test('one recording alone is a song whose lyrics lie beside it', async () => {
    give('a', 'en')
    expect(await align(['a.mp3', '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(results()).toEqual(['a.lrc'])
  })

  test.each([
    ['a folder without recordings', ['.']],
    ['a path that leads nowhere', ['nowhere']],
    ['a file as --out', ['.', '--out', 'all.lrc']],
    ['options of folders with one song', ['a.mp3', 'a.txt', '--recursive', '--jobs', '2']],
    ['an address for links without a report', ['.', '--page-url', 'http://127.0.0.1:8000/']],
    ['a report of a plan', ['.', '--dry-run', '--report', 'a.csv']],
    ['a report in a folder that is not there', ['.', '--report', 'no/such/folder.csv']],
  ])('%s is said before the work', async (_, args) => {
    const { code, stdout, stderr } = await align(args)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^error \[CONFIG_INVALID\]: Expected .+\n {2}\w/)
    expect(existsSync(join(root, '.sow-align.jsonl'))).toBe(false)
  })

  test.each([
    [['.', '--report', 'report.pdf']],
    [['.', '--page-url', 'not an address']],
    [['.', '--jobs', '0']],
    [['.', '--fail-on', 'good']],
    [['.', '--report', 'a.csv', '--report', 'b.csv']],
  ])('%j is wrong usage', async (args) => {
    expect(await align(args)).toMatchObject({ code: 2, stdout: '' })
  })

  test('--fail-on holds for one song as well', async () => {
    give('wrong', 'en', { wrong: true })
    const args = ['wrong.mp3', 'wrong.txt', '--quiet', '--out', 'a.lrc', '--overwrite']
    expect(await align([...args, '--fail-on', 'unreliable'])).toMatchObject({ code: 3 })
    expect(await align(args)).toMatchObject({ code: 0 })
  })
})
