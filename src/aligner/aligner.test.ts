import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeWav, noise, silence } from '../../test/audio-samples.ts'
import type { Stage } from '../types.ts'
import { type Aligner, createAligner } from './aligner.ts'

const speech = (name: string) => fileURLToPath(new URL(`../../test/fixtures/speech/${name}`, import.meta.url))
const lyricsOf = (name: string) => readFileSync(speech(`${name}.txt`), 'utf8')
const onsetsOf = (name: string): number[] =>
  JSON.parse(readFileSync(speech(`${name}.json`), 'utf8')).lines.map(({ start }: { start: number }) => start)

// Spoken words over a soft chord are found to a few frames; the first vowel of a line may be quiet.
const TOLERANCE = 0.5

let aligner: Aligner
let folder: string

beforeAll(async () => {
  aligner = await createAligner({ threads: 1, maxConcurrent: 1, maxQueue: 2 })
  folder = mkdtempSync(join(tmpdir(), 'sow-aligner-'))
})

afterAll(async () => {
  await aligner.close()
  rmSync(folder, { recursive: true })
})

test.each(['psalm-en', 'psalm-zh'])(
  '%s: every line is found where it is spoken, and trusted',
  async (name) => {
    const { lines, verdict, duration } = await aligner.align(speech(`${name}.mp3`), lyricsOf(name))
    const onsets = onsetsOf(name)
    expect(lines.map(({ text }) => text)).toEqual(lyricsOf(name).trimEnd().split('\n'))
    lines.forEach(({ start, end, status, units }, i) => {
      expect(Math.abs(start - onsets[i]!)).toBeLessThan(TOLERANCE)
      expect(end).toBeGreaterThan(start)
      expect(status).toBe('aligned')
      expect(units.length).toBeGreaterThan(3)
    })
    expect(verdict).toMatchObject({ level: 'good', alignedLines: lines.length, reasons: [] })
    expect(duration).toBeGreaterThan(onsets.at(-1)!)
  },
)

test('markers and blank lines keep their places among the sung lines', async () => {
  const [first, ...rest] = lyricsOf('psalm-en').trimEnd().split('\n')
  const lyrics = ['[Verse 1]', first, '', '(Chorus)', ...rest].join('\r\n')
  const { lines } = await aligner.align(speech('psalm-en.mp3'), lyrics)
  expect(lines.map(({ status }) => status).slice(0, 5)).toEqual([
    'marker',
    'aligned',
    'blank',
    'marker',
    'aligned',
  ])
  expect(lines[0]!.start).toBe(lines[1]!.start)
  expect(lines[2]!.start).toBe(lines[1]!.end)
  expect(lines[3]!.start).toBe(lines[4]!.start)
  expect(lines[0]!.confidence).toBeNull()
})

test('a line that is never sung is marked unsung, and its neighbours stay put', async () => {
  const lyrics = lyricsOf('psalm-en').trimEnd().split('\n')
  const onsets = onsetsOf('psalm-en')
  lyrics.splice(3, 0, 'Purple elephants juggle quickly beyond Jupiter')
  const { lines } = await aligner.align(speech('psalm-en.mp3'), lyrics.join('\n'))
  expect(lines[3]!.status).toBe('unsung')
  const others = lines.filter((_, i) => i !== 3)
  others.forEach(({ start }, i) => {
    expect(Math.abs(start - onsets[i]!)).toBeLessThan(TOLERANCE)
  })
})

test('lyrics of something else are said to be unreliable, in the verdict and in the lines', async () => {
  const other =
    'Twinkle twinkle little star\nHow I wonder what you are\nUp above the world so high\nLike a diamond in the sky\n'
  const { lines, verdict } = await aligner.align(speech('psalm-en.mp3'), other.repeat(2))
  expect(verdict.level).toBe('unreliable')
  expect(verdict.reasons[0]).toContain('hardly better than chance')
  expect(lines.filter(({ status }) => status === 'aligned').length).toBeLessThan(3)
})

test('silence holds no lyrics', async () => {
  const { verdict } = await aligner.align(encodeWav([silence(10, 16_000)], 16_000), lyricsOf('psalm-en'))
  expect(verdict.level).toBe('unreliable')
})

test('the same question gives the same bytes', async () => {
  const ask = (force: boolean) => aligner.align(speech('psalm-zh.mp3'), lyricsOf('psalm-zh'), { force })
  const first = JSON.stringify(await ask(true))
  expect(JSON.stringify(await ask(true))).toBe(first)
  expect(JSON.stringify(await ask(false))).toBe(first)
})

test('the bytes of the caller stay with the caller', async () => {
  const bytes = new Uint8Array(readFileSync(speech('psalm-zh.mp3')))
  const before = bytes.slice()
  await aligner.align(bytes, lyricsOf('psalm-zh'))
  expect(bytes).toEqual(before)
  const { lines } = await aligner.align(new Blob([bytes]), lyricsOf('psalm-zh'))
  expect(lines[0]!.status).toBe('aligned')
})

test('progress goes through the stages in their order', async () => {
  const stages: Stage[] = []
  const onProgress = ({ stage, fraction }: { stage: Stage; fraction: number }) => {
    expect(fraction).toBeGreaterThanOrEqual(0)
    expect(fraction).toBeLessThanOrEqual(1)
    if (stages.at(-1) !== stage) stages.push(stage)
  }
  await aligner.align(speech('psalm-zh.mp3'), lyricsOf('psalm-zh'), { onProgress, force: true })
  expect(stages).toEqual(['queued', 'fetching', 'decoding', 'listening', 'aligning', 'done'])
})

test('fifty alignments are cancelled while they run; the process lives and answers', async () => {
  const long = encodeWav([noise(40, 16_000)], 16_000)
  for (let i = 0; i < 50; i++) {
    const controller = new AbortController()
    const onProgress = ({ stage }: { stage: Stage }) => {
      if (stage === 'listening') controller.abort()
    }
    const work = aligner.align(long, 'Amazing grace how sweet the sound', {
      signal: controller.signal,
      onProgress,
    })
    await expect(work).rejects.toMatchObject({ code: 'CANCELLED' })
  }
  const { verdict } = await aligner.align(speech('psalm-en.mp3'), lyricsOf('psalm-en'))
  expect(verdict.level).toBe('good')
  expect(aligner.status()).toMatchObject({ state: 'ready', running: 0, queued: 0 })
})

test('who leaves while long lyrics are read leaves a worker that is free', async () => {
  const long = '彼女は東京特許許可局の前で待っている\n'.repeat(4999)
  const signal = AbortSignal.timeout(50)
  const work = aligner.align(speech('psalm-en.mp3'), long, { signal })
  await expect(work).rejects.toMatchObject({ code: 'CANCELLED' })
  await expect.poll(() => aligner.status()).toMatchObject({ running: 0, queued: 0 })
  expect((await aligner.align(speech('psalm-en.mp3'), lyricsOf('psalm-en'))).verdict.level).toBe('good')
})

test('what is cancelled before it starts costs nothing', async () => {
  const work = aligner.align(speech('psalm-en.mp3'), 'a line', { signal: AbortSignal.abort() })
  await expect(work).rejects.toMatchObject({ code: 'CANCELLED' })
})

test('more requests than the queue holds are refused, the others are answered', async () => {
  const ask = (extra: number) =>
    aligner.align(speech('psalm-zh.mp3'), lyricsOf('psalm-zh') + '\n'.repeat(extra))
  const outcomes = await Promise.allSettled([0, 1, 2, 3, 4].map(ask))
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(refused).toHaveLength(2)
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'QUEUE_FULL', retryable: true })
})

test.each([
  ['nothing', '', 'LYRICS_EMPTY'],
  ['white space', ' \n\t\u3000\n', 'LYRICS_EMPTY'],
  ['too many lines', 'la\n'.repeat(10_000), 'LYRICS_TOO_LARGE'],
])('%s as lyrics is refused before the audio is read', async (_, lyrics, code) => {
  await expect(aligner.align('/nowhere.mp3', lyrics)).rejects.toMatchObject({ code })
})

test('lyrics of markers alone are refused by the worker that reads them, and say what they hold', async () => {
  await expect(aligner.align(speech('psalm-zh.mp3'), '[Verse]\n(Chorus)\n副歌')).rejects.toMatchObject({
    code: 'LYRICS_EMPTY',
    status: 400,
    message: expect.stringContaining('only section markers and blank lines (such as "[Verse]")'),
  })
})

test('an unknown language is refused with the ones there are', async () => {
  const work = aligner.align('/nowhere.mp3', 'a line', { language: 'Klingon' })
  await expect(work).rejects.toMatchObject({
    code: 'LANGUAGE_UNSUPPORTED',
    message: expect.stringContaining('zh'),
  })
})

test('lyrics with more letters than the recording can hold say so where each line is to be sung, and are unsung else', async () => {
  const short = encodeWav([noise(1, 16_000)], 16_000)
  const lyrics = 'hallelujah '.repeat(50)
  await expect(aligner.align(short, lyrics, { structure: 'strict' })).rejects.toMatchObject({
    code: 'AUDIO_TOO_SHORT',
  })
  const { lines, verdict } = await aligner.align(short, lyrics)
  expect(lines.map(({ status }) => status)).toEqual(['unsung'])
  expect(verdict.level).toBe('unreliable')
})

test('a structure that is none is refused, with those there are', async () => {
  const wrong = aligner.align(speech('psalm-en.mp3'), 'One', { structure: 'typo' as never })
  await expect(wrong).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: 'Expected structure to be free or strict, got "typo"',
  })
})

test('a longer recording than allowed is refused while it is decoded', async () => {
  const strict = await createAligner({ threads: 1, maxAudioSeconds: 5 })
  const work = strict.align(speech('psalm-en.mp3'), lyricsOf('psalm-en'))
  await expect(work).rejects.toMatchObject({ code: 'AUDIO_TOO_LONG' })
  await strict.close()
})

test('a model that cannot be loaded rejects with the reason, and never falls back', async () => {
  const work = createAligner({ modelPath: folder, maxConcurrent: 2 })
  await expect(work).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: expect.stringContaining('manifest.json'),
  })
})

test.each([
  [{ maxConcurrent: 0 }, 'maxConcurrent'],
  [{ maxConcurrent: 1.5 }, 'maxConcurrent'],
  [{ maxAudioSeconds: Number.NaN }, 'maxAudioSeconds'],
  [{ threads: -1 }, 'threads'],
  [{ maxQueue: -1 }, 'maxQueue'],
])('the option %j is refused by name', async (options, name) => {
  await expect(createAligner(options)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(name),
  })
})

/** One alignment by an aligner of its own: what came, whether it was made or found, and what was warned of. */
async function askCached(cacheDir: string, beforehand = () => {}) {
  const warnings: string[] = []
  const own = await createAligner({ threads: 1, cacheDir, onWarning: (message) => warnings.push(message) })
  beforehand()
  const stages = new Set<Stage>()
  const onProgress = ({ stage }: { stage: Stage }) => stages.add(stage)
  const alignment = await own.align(speech('psalm-zh.mp3'), lyricsOf('psalm-zh'), { onProgress })
  await own.close()
  return { text: JSON.stringify(alignment), made: stages.has('listening'), warnings }
}

/** The files of one kind in a cache. */
function filesIn(cacheDir: string, kind: string): string[] {
  const entries = readdirSync(join(cacheDir, kind), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}

test('a finished result is found again by another aligner; a damaged one is made anew', async () => {
  const cacheDir = join(folder, 'cache')
  const first = await askCached(cacheDir)
  expect(first).toMatchObject({ made: true, warnings: [] })
  expect(await askCached(cacheDir)).toEqual({ ...first, made: false })
  const [file, ...more] = filesIn(cacheDir, 'results')
  expect(more).toEqual([])
  writeFileSync(file!, '{"lines": []}')
  rmSync(join(cacheDir, 'emissions'), { recursive: true })
  expect(await askCached(cacheDir)).toEqual(first)
  expect(await askCached(cacheDir)).toEqual({ ...first, made: false })
})

test('a cache that fails in mid-work costs a warning, not the result', async () => {
  const cacheDir = join(folder, 'failing')
  const results = join(cacheDir, 'results')
  const asked = await askCached(cacheDir, () => {
    rmSync(results, { recursive: true })
    writeFileSync(results, 'in the way')
  })
  expect(JSON.parse(asked.text).lines).toHaveLength(5)
  expect(asked.warnings.join()).toContain('could not be written to the cache')
})

test('a cache that cannot be written is said at the start', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  await expect(createAligner({ cacheDir: file })).rejects.toMatchObject({ code: 'CACHE_UNWRITABLE' })
})

test('a closed aligner takes no work, and closing twice is closing once', async () => {
  const own = await createAligner({ threads: 1 })
  const running = own.align(speech('psalm-zh.mp3'), lyricsOf('psalm-zh'))
  const closing = own.close()
  expect(own.status().state).toBe('draining')
  await expect(own.align(speech('psalm-zh.mp3'), 'a line')).rejects.toMatchObject({ code: 'DRAINING' })
  expect((await running).lines).toHaveLength(5)
  await closing
  await own.close()
  expect(own.status().state).toBe('closed')
})

test.skipIf('Bun' in globalThis)('a very long command line of the process does no harm', () => {
  const entry = new URL('../../dist/src/index.js', import.meta.url).href
  const script = `import { createAligner } from '${entry}'; await (await createAligner({ threads: 1 })).close()`
  const { status, signal, stderr } = spawnSync(process.execPath, [
    '--input-type=module',
    '-e',
    script,
    'a'.repeat(100_000),
  ])
  expect({ status, signal, stderr: stderr.toString() }).toEqual({ status: 0, signal: null, stderr: '' })
})
