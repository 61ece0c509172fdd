import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import type { AlignOptions } from '../aligner/aligner.ts'
import { AlignError } from '../errors.ts'
import type { Alignment } from '../types.ts'
import { alignFolder, type FolderItem, planFolder } from './align-folder.ts'
import type { AlignerOfFolder, FolderOptions } from './options.ts'
import { RECORD_NAME } from './record.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sow-folder-'))
})

/** Writes files, with the folders that they need. */
function give(files: Record<string, string | Uint8Array>, folder = root): void {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
}

function read(name: string): string {
  return readFileSync(join(root, name), 'utf8')
}

/** All files but the records, as paths from the root. */
function files(folder = root): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const names = entries.filter((entry) => !entry.isDirectory() && entry.name !== RECORD_NAME)
  return names.map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort()
}

/** An alignment of a second for every line: what folders do with alignments is looked at, not how they are made. */
function alignmentOf(lyrics: string): Alignment {
  const lines = lyrics.trimEnd().split('\n')
  return {
    duration: lines.length,
    language: 'en',
    model: { name: 'made', version: '1', engine: 'ctc' },
    lines: lines.map((text, i) => ({
      text,
      start: i,
      end: i + 1,
      status: text.includes('?') ? 'suspect' : 'aligned',
      confidence: 0.9,
      units: [],
      occurrences: [],
    })),
    performance: [],
    extra: [],
    verdict: {
      level: lyrics.includes('?') ? 'mixed' : 'good',
      sungLines: lines.length,
      alignedLines: lines.filter((line) => !line.includes('?')).length,
      confidence: 0.9,
      covered: null,
      sung: 1,
      reasons: [],
    },
  }
}

type Made = AlignerOfFolder & { heard: string[]; most: number }

/** Counts what it is asked for; lyrics that hold "broken" fail. */
function aligner({ identity = 'model', maxConcurrent = 2, wait = async (_: AlignOptions) => {} } = {}): Made {
  let running = 0
  const made: Made = {
    heard: [],
    most: 0,
    async align(source, lyrics, options = {}) {
      made.heard.push(relative(root, (source as { path: string }).path))
      made.most = Math.max(made.most, ++running)
      try {
        await wait(options)
        if (lyrics.includes('broken')) throw new AlignError('AUDIO_UNREADABLE', 'Expected audio, got none')
        return alignmentOf(lyrics)
      } finally {
        running--
      }
    },
    status: () =>
      ({ identity, maxConcurrent, model: { name: 'made', version: '1', engine: 'ctc' } }) as ReturnType<
        AlignerOfFolder['status']
      >,
  }
  return made
}

async function run(options: FolderOptions = {}, paths: string | string[] = root, by = aligner()) {
  const items: FolderItem[] = []
  for await (const item of alignFolder(by, paths, options)) items.push(item)
  return { items, heard: by.heard.sort(), states: statesOf(items), by }
}

function statesOf(items: readonly { recording: string; state: string }[]): Record<string, string> {
  const entries = items.map(({ recording, state }) => [relative(root, recording), state] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

const LRC = (lyrics: string) =>
  lyrics
    .split('\n')
    .map((line, i) => `[00:0${i}.00]${line}\n`)
    .join('')

describe('songs are found', () => {
  test('a recording with its lyrics beside it; what is no recording, and dot files, are passed over', async () => {
    give({
      'a.mp3': 'a',
      'a.txt': 'A\nA',
      'B.FLAC': 'b',
      'b.LRC': 'B',
      'cover.jpg': '',
      'alone.txt': 'x',
      '._a.mp3': '',
      'sub/c.wav': 'c',
      'sub/c.txt': 'C',
    })
    const { states } = await run()
    expect(states).toEqual({ 'B.FLAC': 'aligned', 'a.mp3': 'aligned' })
    expect(read('a.lrc')).toBe(LRC('A\nA'))
  })

  test('folders in folders, patterns of what is wanted and what is not', async () => {
    give(
      Object.fromEntries(
        [
          'a.mp3',
          'live/b.mp3',
          'live/c.ogg',
          'live/demos/d.mp3',
          'old/e.mp3',
          'old/Été.mp3'.normalize('NFD'),
        ].flatMap((name) => [
          [name, name],
          [name.replace(/\.\w+$/, '.txt'), name],
        ]),
      ),
    )
    const found = async (options: FolderOptions, paths?: string | string[]) =>
      Object.keys(statesOf(await planFolder(aligner(), paths ?? root, options)))
    expect(await found({ recursive: true })).toHaveLength(6)
    expect(await found({ recursive: true, include: ['*.MP3'], exclude: ['demos', 'old/e.*'] })).toEqual([
      'a.mp3',
      'live/b.mp3',
      'old/Été.mp3'.normalize('NFD'),
    ])
    expect(await found({ recursive: true, include: ['été*'.normalize('NFC')] })).toHaveLength(1)
    expect(await found({}, `${root}/*/*.mp3`)).toEqual([
      'live/b.mp3',
      'old/Été.mp3'.normalize('NFD'),
      'old/e.mp3',
    ])
    expect(await found({}, `${root}/**/d.*`)).toEqual(['live/demos/d.mp3'])
    expect(await found({}, [join(root, 'a.mp3'), join(root, 'live'), join(root, 'a.mp3')])).toHaveLength(3)
  })

  test('a name that looks like a pattern is that name where it is there', async () => {
    give({ '[a]*.mp3': '1', '[a]*.txt': 'x', 'ab.mp3': '2', 'ab.txt': 'x' })
    expect((await run({}, join(root, '[a]*.mp3'))).heard).toEqual(['[a]*.mp3'])
  })

  test.each([['nowhere.mp3'], ['nowhere/'], ['*.mp3']])(
    '%s leads nowhere and is said before the work',
    async (path) => {
      const make = () => Promise.reject(new Error('no model is loaded'))
      const reading = alignFolder(make, [root, join(root, path)]).next()
      await expect(reading).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(path),
      })
    },
  )

  test('links are followed, those that lead back up or nowhere do no harm', async () => {
    give({ 'a/x.mp3': 'x', 'a/x.txt': 'X', 'y.txt': 'Y' })
    symlinkSync('a', join(root, 'again'))
    symlinkSync('..', join(root, 'a/up'))
    symlinkSync('a/x.mp3', join(root, 'y.mp3'))
    symlinkSync('nothing.mp3', join(root, 'z.mp3'))
    const { states, items } = await run({ recursive: true })
    expect(states).toEqual({ 'a/x.mp3': 'aligned', 'y.mp3': 'aligned', 'z.mp3': 'failed' })
    expect(items.find(({ state }) => state === 'failed')).toMatchObject({
      error: { code: 'AUDIO_FETCH_FAILED' },
    })
  })
})

describe('lyrics are found', () => {
  test('those of the whole name come first, then text, then LRC', async () => {
    give({
      'a.mp3': '1',
      'a.wav': '2',
      'a.txt': 'both',
      'a.wav.txt': 'the second',
      'b.mp3': '3',
      'b.lrc': 'no',
      'b.txt': 'yes',
    })
    await run({ out: join(root, 'out') })
    expect(files(join(root, 'out'))).toEqual(['a.mp3.lrc', 'a.wav.lrc', 'b.lrc'])
    expect(['a.mp3', 'a.wav', 'b'].map((name) => read(`out/${name}.lrc`))).toEqual(
      ['both', 'the second', 'yes'].map((text) => LRC(text)),
    )
  })

  test('accents may be written in either way, and case may differ; the same name comes first', async () => {
    give({
      [`${'Café'.normalize('NFD')}.mp3`]: '1',
      [`${'Café'.normalize('NFC')}.txt`]: 'coffee',
      'Tea.mp3': '2',
      'tea.txt': 'lower',
      'Tea.TXT': 'same',
    })
    const { states } = await run()
    expect(Object.values(states)).toEqual(['aligned', 'aligned'])
    expect(read('Tea.lrc')).toBe(LRC('same'))
  })

  test('two that fit equally are said, not chosen from', async () => {
    give({ 'TEA.mp3': '', 'tea.txt': 'a', 'Tea.txt': 'b' })
    const { items } = await run()
    expect(items).toMatchObject([
      { state: 'failed', error: { message: expect.stringContaining('fit equally') } },
    ])
  })

  test('those in the tags of the recording', async () => {
    give({ 'a.mp3': withLyrics('Be still\nmy soul'), 'b.mp3': withLyrics('ignored'), 'b.txt': 'beside' })
    const { items } = await run()
    expect(read('a.lrc')).toBe(LRC('Be still\nmy soul'))
    expect(read('b.lrc')).toBe(LRC('beside'))
    expect(items.find(({ recording }) => recording.endsWith('a.mp3'))!.lyrics).toBe(join(root, 'a.mp3'))
  })

  test('a recording without lyrics is left out and said; lyrics that cannot be read fail alone', async () => {
    give({ 'a.mp3': 'a', 'b.mp3': 'b', 'b.txt': Buffer.from('ff00ff', 'hex'), 'c.mp3': 'c', 'c.txt': 'C' })
    const { states, items } = await run()
    expect(states).toEqual({ 'a.mp3': 'skipped', 'b.mp3': 'failed', 'c.mp3': 'aligned' })
    expect(items.find(({ state }) => state === 'failed')).toMatchObject({
      error: { code: 'LYRICS_UNREADABLE' },
    })
  })

  test('UTF-16 is known by its byte order mark, another encoding by its name', async () => {
    give({ 'a.mp3': 'a', 'a.txt': Buffer.from('\ufeff奇異恩典', 'utf16le') })
    expect((await run()).states).toEqual({ 'a.mp3': 'aligned' })
    expect(read('a.lrc')).toBe(LRC('奇異恩典'))
    give({ 'a.txt': Buffer.from('ad43a94dd8fe', 'hex') })
    await run({ encoding: 'big5' })
    expect(read('a.lrc')).toBe(LRC('耶和愔'))
  })

  test('a result of before is no lyrics', async () => {
    give({ 'a.mp3': 'a', 'a.txt': 'A' })
    await run()
    rmSync(join(root, 'a.txt'))
    expect((await run()).states).toEqual({ 'a.mp3': 'skipped' })
  })
})

/** A tag of ID3v2.3 with lyrics (USLT), UTF-16, and some bytes. */
function withLyrics(text: string): Uint8Array {
  const body = Buffer.concat([
    Buffer.from('\x01eng', 'latin1'),
    Buffer.from('\ufeff\0', 'utf16le'),
    Buffer.from(`\ufeff${text}`, 'utf16le'),
  ])
  const frame = Buffer.concat([Buffer.from('USLT'), Buffer.alloc(6), body])
  frame.writeUInt32BE(body.length, 4)
  const head = Buffer.from('ID3\x03\0\0\0\0\0\0', 'latin1')
  for (let i = 0; i < 4; i++) head[9 - i] = (frame.length >> (7 * i)) & 0x7f
  return Buffer.concat([head, frame, Buffer.alloc(1000)])
}

describe('what is done is not done again', () => {
  const song = { 'a.mp3': 'a', 'a.txt': 'A' }

  test('an unchanged song is not, its summary is there all the same', async () => {
    give({ 'a.mp3': 'a', 'a.txt': 'A\nwhat?' })
    const first = await run()
    const again = await run()
    expect(again).toMatchObject({ heard: [], states: { 'a.mp3': 'unchanged' } })
    expect(again.items[0]).toMatchObject({
      summary: (first.items[0] as { summary: object }).summary,
      edited: [],
    })
    expect(again.items[0]).toMatchObject({
      summary: { level: 'mixed', alignedLines: 1, doubtful: [{ line: 1, start: 1 }] },
    })
  })

  test.each<[string, () => void, FolderOptions, string]>([
    ['the lyrics', () => give({ 'a.txt': 'B' }), {}, 'model'],
    ['the recording', () => give({ 'a.mp3': 'b' }), {}, 'model'],
    ['the model', () => {}, {}, 'another'],
    ['the language', () => {}, { language: 'de' }, 'model'],
    ['the structure', () => {}, { structure: 'strict' }, 'model'],
    ['the layout', () => {}, { layout: 'sung' }, 'model'],
    ['the formats', () => {}, { formats: ['lrc', 'srt'] }, 'model'],
    ['nothing, but it is asked for', () => {}, { force: true }, 'model'],
    ['a result that is gone', () => rmSync(join(root, 'a.lrc')), {}, 'model'],
  ])('it is where %s is another', async (_, change, options, identity) => {
    give(song)
    await run()
    change()
    expect((await run(options, root, aligner({ identity }))).states).toEqual({ 'a.mp3': 'aligned' })
    expect((await run({ ...options, force: false }, root, aligner({ identity }))).states).toEqual({
      'a.mp3': 'unchanged',
    })
  })

  test('content decides, not the time of the file', async () => {
    give(song)
    await run()
    utimesSync(join(root, 'a.mp3'), 1, 1)
    expect((await run()).states).toEqual({ 'a.mp3': 'unchanged' })
  })

  test('a whole folder may move', async () => {
    give({ 'x/a.mp3': 'a', 'x/a.txt': 'A' })
    await run({ recursive: true })
    mkdirSync(join(root, 'y'))
    for (const name of readdirSync(join(root, 'x')))
      copyFileSync(join(root, 'x', name), join(root, 'y', name))
    rmSync(join(root, 'x'), { recursive: true })
    expect((await run({ recursive: true })).states).toEqual({ 'y/a.mp3': 'unchanged' })
  })

  test('no model is loaded where there is nothing to do', async () => {
    give({ 'a.mp3': 'a' })
    const items: FolderItem[] = []
    const make = () => Promise.reject(new Error('a model was loaded'))
    for await (const item of alignFolder(make, root)) items.push(item)
    expect(statesOf(items)).toEqual({ 'a.mp3': 'skipped' })
  })
})

describe('nothing of others is replaced', () => {
  test('a file that was there stays, until overwrite says otherwise', async () => {
    give({ 'a.mp3': 'a', 'a.txt': 'A', 'a.lrc': 'mine', 'b.mp3': 'b', 'b.txt': 'B' })
    const { states, heard } = await run()
    expect({ states, heard }).toEqual({ states: { 'a.mp3': 'failed', 'b.mp3': 'aligned' }, heard: ['b.mp3'] })
    expect(read('a.lrc')).toBe('mine')
    expect((await run({ overwrite: true })).states).toEqual({ 'a.mp3': 'aligned', 'b.mp3': 'unchanged' })
    expect(read('a.lrc')).toBe(LRC('A'))
    expect((await run()).states).toEqual({ 'a.mp3': 'unchanged', 'b.mp3': 'unchanged' })
  })

  test('lyrics and recordings are not replaced even then', async () => {
    give({ 'a.mp3': 'a', 'a.lrc': 'A' })
    for (const overwrite of [false, true]) {
      const { items } = await run({ overwrite })
      expect(items).toMatchObject([{ state: 'failed', error: { code: 'OUTPUT_EXISTS' } }])
    }
    expect(read('a.lrc')).toBe('A')
    expect((await run({ formats: ['srt'] })).states).toEqual({ 'a.mp3': 'aligned' })
    expect((await run({ out: join(root, 'out') })).states).toEqual({ 'a.mp3': 'aligned' })
  })

  test('what was changed by hand stays while the song is the same, and is said when it is not', async () => {
    give({ 'a.mp3': 'a', 'a.txt': 'A' })
    await run()
    give({ 'a.lrc': 'better' })
    const { items } = await run()
    expect(items).toMatchObject([{ state: 'unchanged', edited: [join(root, 'a.lrc')] }])
    give({ 'a.txt': 'B' })
    expect((await run()).items).toMatchObject([{ state: 'failed', error: { code: 'OUTPUT_EXISTS' } }])
    expect(read('a.lrc')).toBe('better')
    expect((await run({ overwrite: true })).states).toEqual({ 'a.mp3': 'aligned' })
  })

  test('what comes, or is changed, while a song is aligned stays', async () => {
    give({ 'a.mp3': 'a', 'a.txt': 'A' })
    const disturb = aligner({ wait: async () => give({ 'a.lrc': 'mine' }) })
    expect((await run({}, root, disturb)).states).toEqual({ 'a.mp3': 'failed' })
    expect(read('a.lrc')).toBe('mine')
    expect(files()).toEqual(['a.lrc', 'a.mp3', 'a.txt'])
  })

  test('recordings of one name give files of their own', async () => {
    give({
      'a.mp3': '1',
      'A.wav': '2',
      'a.txt': 'A',
      'a.mp3.flac': '3',
      'a.mp3.txt': 'other',
      'b.mp3': '4',
      'b.txt': 'B',
    })
    const { states } = await run()
    expect(Object.values(states)).toEqual(['aligned', 'aligned', 'aligned', 'aligned'])
    expect(files().filter((name) => name.endsWith('.lrc'))).toEqual([
      'A.wav.lrc',
      'a.mp3.flac.lrc',
      'a.mp3.lrc',
      'b.lrc',
    ])
  })
})

describe('where results go', () => {
  test('under another folder they lie as the recordings do below what all arguments have in common', async () => {
    give({ 'm/a/x.mp3': '1', 'm/a/x.txt': 'A', 'm/b/c/x.mp3': '2', 'm/b/c/x.txt': 'B' })
    const out = join(root, 'new/out')
    await run({ out, recursive: true }, join(root, 'm'))
    expect(files(out)).toEqual(['a/x.lrc', 'b/c/x.lrc'])
    await run({ out: join(root, 'two') }, [join(root, 'm/a'), join(root, 'm/b/c')])
    expect(files(join(root, 'two'))).toEqual(['a/x.lrc', 'b/c/x.lrc'])
    await run({ out: join(root, 'one') }, join(root, 'm/a/x.mp3'))
    expect(files(join(root, 'one'))).toEqual(['x.lrc'])
    expect(files(join(root, 'm')).filter((name) => name.endsWith('.lrc'))).toEqual([])
  })

  test('that folder may lie within, and is not searched', async () => {
    give({ 'a.mp3': '1', 'a.txt': 'A', 'out/b.mp3': '2', 'out/b.txt': 'B' })
    expect((await run({ out: join(root, 'out'), recursive: true })).heard).toEqual(['a.mp3'])
  })

  test('a file in its place is said before the work', async () => {
    give({ 'a.mp3': '1', 'a.txt': 'A', out: '' })
    await expect(run({ out: join(root, 'out') })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})

describe('stopping and going on', () => {
  const songs = Object.fromEntries(
    Array.from({ length: 8 }, (_, i) => [`${i}`, i]).flatMap(([name]) => [
      [`${name}.mp3`, `${name}`],
      [`${name}.txt`, `${name}`],
    ]),
  )

  test('what is done before a signal stays, and the next run does the rest', async () => {
    give(songs)
    const controller = new AbortController()
    const by = aligner({ maxConcurrent: 1 })
    const reading = async () => {
      for await (const _ of alignFolder(by, root, { signal: controller.signal }))
        if (by.heard.length === 3) controller.abort()
    }
    await expect(reading()).rejects.toMatchObject({ code: 'CANCELLED' })
    const { states, heard } = await run()
    expect(Object.values(states).filter((state) => state === 'unchanged').length).toBeGreaterThanOrEqual(3)
    expect(heard).toHaveLength(Object.values(states).filter((state) => state === 'aligned').length)
    expect(files().filter((name) => name.endsWith('.lrc'))).toHaveLength(8)
  })

  test('where the loop is left, what runs is told', async () => {
    give(songs)
    let told = 0
    const by = aligner({
      wait: ({ signal }) =>
        by.heard.length === 1
          ? Promise.resolve()
          : new Promise((_, reject) => {
              const cancel = () => {
                told++
                reject(new AlignError('CANCELLED', 'cancelled'))
              }
              if (signal!.aborted) cancel()
              else signal!.addEventListener('abort', cancel)
            }),
    })
    for await (const _ of alignFolder(by, root)) break
    expect(told).toBe(by.heard.length - 1)
  })

  test('no more songs run at once than there is place for', async () => {
    give(songs)
    const three = () => aligner({ maxConcurrent: 3, wait: async () => void (await setTimeout(20)) })
    expect((await run({}, root, three())).by.most).toBe(3)
    expect((await run({ jobs: 1, force: true }, root, three())).by.most).toBe(1)
  })

  test('a song that fails ends no other, and is tried again', async () => {
    give({ ...songs, '3.txt': 'broken' })
    const { states } = await run()
    expect(Object.values(states).filter((state) => state === 'failed')).toHaveLength(1)
    expect((await run()).heard).toEqual(['3.mp3'])
  })

  test('a record that was cut off, and what was being written, do not hold up the next run', async () => {
    give(songs)
    await run()
    const record = join(root, RECORD_NAME)
    const whole = readFileSync(record, 'utf8')
    writeFileSync(record, whole.slice(0, -20))
    const lost = JSON.parse(whole.trimEnd().split('\n').at(-1)!).song.replace('.mp3', '')
    // As when we are killed: the line is there in part, its file is not yet.
    rmSync(join(root, `${lost}.lrc`))
    const partial = `.sow-align.11111111-1111-1111-1111-111111111111.0123456789abcdef-1-1.tmp`
    give({ [partial]: '', 'theirs.tmp': '' })
    utimesSync(join(root, partial), 1, 1)
    utimesSync(join(root, 'theirs.tmp'), 1, 1)
    expect((await run()).heard).toEqual([`${lost}.mp3`])
    expect((await run()).heard).toEqual([])
    expect(existsSync(join(root, partial))).toBe(false)
    expect(existsSync(join(root, 'theirs.tmp'))).toBe(true)
  })

  test('stopped between the record and the file, the song is done again', async () => {
    give({ 'a.mp3': 'a', 'a.txt': 'A' })
    await run()
    const old = read('a.lrc')
    give({ 'a.txt': 'B' })
    await run()
    give({ 'a.lrc': old })
    expect((await run()).states).toEqual({ 'a.mp3': 'aligned' })
    expect(read('a.lrc')).toBe(LRC('B'))
  })

  test('a record of others, or of nonsense, is no record', async () => {
    give({ 'a.mp3': 'a', 'a.txt': 'A', [RECORD_NAME]: '{"song":1}\nnull\n[[[\n' })
    expect((await run()).states).toEqual({ 'a.mp3': 'aligned' })
    appendFileSync(join(root, RECORD_NAME), '{}\n')
    expect((await run()).states).toEqual({ 'a.mp3': 'unchanged' })
  })

  test('two that work in one folder take the results of each other for theirs', async () => {
    give(songs)
    const slow = () => aligner({ maxConcurrent: 1, wait: async () => void (await setTimeout(5)) })
    const [one, two] = await Promise.all([run({}, root, slow()), run({}, root, slow())])
    for (const { states } of [one, two]) expect(Object.values(states)).not.toContain('failed')
    expect(new Set(Object.values((await run()).states))).toEqual(new Set(['unchanged']))
  })

  test('a record does not grow without end', async () => {
    give({ 'a.mp3': 'a', 'a.txt': 'A' })
    await run()
    const line = readFileSync(join(root, RECORD_NAME), 'utf8')
    writeFileSync(join(root, RECORD_NAME), line.repeat(2000))
    expect((await run()).states).toEqual({ 'a.mp3': 'unchanged' })
    expect(readFileSync(join(root, RECORD_NAME), 'utf8')).toBe(line.repeat(2))
  })
})

test('the plan says the same as the run, and writes nothing', async () => {
  give({ 'a.mp3': 'a', 'a.txt': 'A', 'b.mp3': 'b', 'c.mp3': 'c', 'c.txt': 'C', 'c.lrc': 'mine' })
  const before = files()
  const plan = await planFolder(aligner(), root)
  expect(statesOf(plan)).toEqual({ 'a.mp3': 'align', 'b.mp3': 'skipped', 'c.mp3': 'failed' })
  expect(files()).toEqual(before)
  expect(existsSync(join(root, RECORD_NAME))).toBe(false)
  expect((await run()).states).toEqual({ 'a.mp3': 'aligned', 'b.mp3': 'skipped', 'c.mp3': 'failed' })
  expect(statesOf(await planFolder(aligner(), root))).toMatchObject({ 'a.mp3': 'unchanged' })
})

test('progress rises to one', async () => {
  give({ 'a.mp3': 'a', 'a.txt': 'A', 'b.mp3': 'b', 'b.txt': 'B' })
  const by = aligner({ wait: async ({ onProgress }) => onProgress!({ stage: 'listening', fraction: 0.5 }) })
  const told: number[] = []
  await run({ onProgress: ({ fraction }) => told.push(fraction) }, root, by)
  expect(told.at(-1)).toBe(1)
  expect(told.some((fraction) => fraction > 0 && fraction < 0.5)).toBe(true)
})

test.each([
  [{ formats: ['docx'] }, 'formats'],
  [{ formats: [] }, 'formats'],
  [{ jobs: 0 }, 'jobs'],
  [{ encoding: 'klingon' }, 'encoding'],
  [{ markers: 'gone' }, 'markers'],
  [{ include: '*.mp3' }, 'include'],
  [{ recursiv: true }, 'did you mean recursive'],
])('options that cannot work are refused: %j', async (options, named) => {
  await expect(run(options as FolderOptions)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(named),
  })
})

test('no path is no folder', async () => {
  await expect(run({}, [])).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

test('of any files, each recording comes once, inputs stay as they are, and every result is one file', async () => {
  const stems = fc.constantFrom('a', 'A', 'a.b', 'é', 'e\u0301', 'a.mp3', '奇異恩典', 'a.enhanced')
  const endings = fc.constantFrom('.mp3', '.MP3', '.wav', '.txt', '.lrc', '.elrc', '.jpg', '.srt', '')
  const names = fc.uniqueArray(
    fc.tuple(stems, endings).map((parts) => parts.join('')),
    { maxLength: 12 },
  )
  const overwrites = fc.boolean()
  await fc.assert(
    fc.asyncProperty(names, overwrites, fc.boolean(), async (given, overwrite, apart) => {
      const folder = mkdtempSync(join(root, 'any-'))
      give(Object.fromEntries(given.map((name) => [name, `of ${name}`])), folder)
      const out = apart ? { out: join(root, `out-of-${folder.slice(-6)}`) } : {}
      const formats = ['lrc', 'enhanced-lrc', 'srt'] as const
      const { items } = await run({ ...out, overwrite, formats }, folder)
      const recordings = items.map(({ recording }) => recording)
      expect(new Set(recordings).size).toBe(recordings.length)
      expect(recordings.length).toBe(given.filter((name) => /\.(mp3|wav)$/i.test(name)).length)
      const inputs = new Set([...recordings, ...items.flatMap(({ lyrics }) => lyrics ?? [])])
      for (const input of inputs) expect(readFileSync(input, 'utf8')).toBe(`of ${relative(folder, input)}`)
      const written = items.flatMap((item) => (item.state === 'aligned' ? item.files : []))
      expect(new Set(written).size).toBe(written.length)
      for (const file of written) expect(existsSync(file)).toBe(true)
      if (!overwrite) {
        for (const name of given) expect(readFileSync(join(folder, name), 'utf8')).toBe(`of ${name}`)
      }
      const again = await run({ ...out, overwrite, formats }, folder)
      expect(again.heard).toEqual([])
    }),
    { numRuns: 60 },
  )
})
