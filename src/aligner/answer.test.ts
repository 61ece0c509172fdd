import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { encodeWav, noise } from '../../test/audio-samples.ts'
import type { Alignment, AudioSource, Progress, Stage } from '../types.ts'
import { type Aligner, type AlignerOptions, type AlignOptions, createAligner } from './aligner.ts'

const speech = (name: string) => fileURLToPath(new URL(`../../test/fixtures/speech/${name}`, import.meta.url))
const LYRICS = readFileSync(speech('psalm-en.txt'), 'utf8')
const OTHER_LYRICS = LYRICS.trimEnd().split('\n').slice(1).join('\n')
const bytesOf = (name: string) => new Uint8Array(readFileSync(speech(name)))
// Seconds of it are listened to in many windows.
const LONG = encodeWav([noise(250, 8000)], 8000)

const open = new Set<Aligner>()
let folder: string
/** By an aligner that has heard nothing before. */
let expected: { first: string; other: string }

async function start(options: AlignerOptions = {}): Promise<Aligner> {
  const warn = (message: string) => expect.fail(message)
  const aligner = await createAligner({ threads: 1, onWarning: warn, ...options })
  open.add(aligner)
  return aligner
}

type Asked = { text: string; stages: Stage[]; alignment: Alignment }

async function ask(
  aligner: Aligner,
  lyrics: string,
  options: AlignOptions & { source?: AudioSource } = {},
): Promise<Asked> {
  const { source = speech('psalm-en.mp3'), ...rest } = options
  const stages = new Set<Stage>()
  const onProgress = ({ stage }: Progress) => stages.add(stage)
  const alignment = await aligner.align(source, lyrics, { onProgress, ...rest })
  return { text: JSON.stringify(alignment), stages: [...stages], alignment }
}

const FIRST: Stage[] = ['queued', 'fetching', 'decoding', 'listening', 'aligning', 'done']
const AGAIN: Stage[] = ['queued', 'fetching', 'aligning', 'done']
const KNOWN: Stage[] = ['queued', 'fetching', 'done']

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sow-answer-'))
  const aligner = await start()
  const first = await ask(aligner, LYRICS)
  const other = await ask(aligner, OTHER_LYRICS, { force: true })
  expect([first.stages, other.stages]).toEqual([FIRST, FIRST])
  expected = { first: first.text, other: other.text }
})

afterEach(async () => {
  for (const aligner of open) await aligner.close()
  open.clear()
})

afterAll(() => rmSync(folder, { recursive: true }))

test('other lyrics to the same recording need no second hearing, and get the same bytes as with one', async () => {
  const aligner = await start()
  await ask(aligner, LYRICS)
  const again = await ask(aligner, OTHER_LYRICS, { source: bytesOf('psalm-en.mp3') })
  expect(again.stages).toEqual(AGAIN)
  expect(again.text).toBe(expected.other)
  // Without a folder results are not kept.
  const same = await ask(aligner, LYRICS)
  expect(same.stages).toEqual(AGAIN)
  expect(same.text).toBe(expected.first)
  expect(aligner.status().cache).toEqual({
    results: { hits: 0, misses: 0 },
    emissions: { hits: 2, misses: 1 },
    audio: { hits: 0, misses: 0 },
  })
})

test('another aligner finds in the folder what the first one heard, and what it answered', async () => {
  const cacheDir = join(folder, 'shared')
  await ask(await start({ cacheDir }), LYRICS)
  const second = await start({ cacheDir })
  const again = await ask(second, OTHER_LYRICS)
  expect(again.stages).toEqual(AGAIN)
  expect(again.text).toBe(expected.other)
  for (const [lyrics, text] of [
    [LYRICS, expected.first],
    [OTHER_LYRICS, expected.other],
  ] as const) {
    const known = await ask(second, lyrics)
    expect(known).toMatchObject({ stages: KNOWN, text })
  }
  expect(second.status().cache).toMatchObject({
    results: { hits: 2, misses: 1 },
    emissions: { hits: 1, misses: 0 },
  })
})

test('force hears and aligns anew, and writes what it found', async () => {
  const cacheDir = join(folder, 'forced')
  const aligner = await start({ cacheDir })
  await ask(aligner, LYRICS)
  const before = aligner.status().cache
  for (const kind of ['results', 'emissions']) rmSync(join(cacheDir, kind), { recursive: true })
  expect(await ask(aligner, LYRICS, { force: true })).toMatchObject({ stages: FIRST, text: expected.first })
  expect(await ask(aligner, LYRICS, { force: true })).toMatchObject({ stages: FIRST, text: expected.first })
  expect(aligner.status().cache).toEqual(before)
  const other = await start({ cacheDir })
  expect(await ask(other, LYRICS)).toMatchObject({ stages: KNOWN, text: expected.first })
  expect(await ask(other, OTHER_LYRICS)).toMatchObject({ stages: AGAIN, text: expected.other })
})

test('what another aligner kept of a longer recording than allowed is refused all the same', async () => {
  const cacheDir = join(folder, 'limits')
  await ask(await start({ cacheDir }), LYRICS)
  const strict = await start({ cacheDir, maxAudioSeconds: 5 })
  for (const lyrics of [LYRICS, OTHER_LYRICS])
    await expect(ask(strict, lyrics)).rejects.toMatchObject({ code: 'AUDIO_TOO_LONG' })
})

test('damaged emissions are heard anew and mended', async () => {
  const cacheDir = join(folder, 'damaged')
  await ask(await start({ cacheDir }), LYRICS)
  const entries = readdirSync(join(cacheDir, 'emissions'), { recursive: true, withFileTypes: true })
  const { parentPath, name } = entries.find((entry) => entry.isFile())!
  truncateSync(join(parentPath, name), 1000)
  const other = await ask(await start({ cacheDir }), OTHER_LYRICS)
  expect(other).toMatchObject({ stages: FIRST, text: expected.other })
  const first = await ask(await start({ cacheDir }), `${LYRICS}\n`)
  expect(first.stages).toEqual(AGAIN)
})

test('the model hears a recording anew in another language, where it is told the language', async () => {
  const aligner = await start()
  await ask(aligner, LYRICS, { language: 'en' })
  expect((await ask(aligner, LYRICS, { language: 'auto' })).stages).toEqual(AGAIN)
  expect((await ask(aligner, LYRICS, { language: 'English' })).stages).toEqual(AGAIN)
  expect((await ask(aligner, LYRICS, { language: 'de' })).stages).toEqual(FIRST)
})

test('identical requests at the same time are one piece of work, and take one place', async () => {
  const aligner = await start({ maxQueue: 0 })
  const source = bytesOf('psalm-en.mp3')
  const asked = Promise.all([1, 2, 3, 4, 5].map(() => ask(aligner, LYRICS, { source })))
  await expect.poll(() => aligner.status().running).toBe(1)
  expect(aligner.status()).toMatchObject({ running: 1, queued: 0 })
  const late = ask(aligner, LYRICS, { source })
  const refused = ask(aligner, OTHER_LYRICS, { source })
  await expect(refused).rejects.toMatchObject({ code: 'QUEUE_FULL' })
  const answers = [...(await asked), await late]
  for (const { text } of answers) expect(text).toBe(expected.first)
  expect(new Set(answers.map(({ alignment }) => alignment)).size).toBe(6)
  expect(aligner.status().cache.emissions).toEqual({ hits: 0, misses: 1 })
})

test('one who cancels does no harm to the others; when all have, the place is free', async () => {
  const aligner = await start({ maxQueue: 0 })
  const source = bytesOf('psalm-en.mp3')
  const [first, second] = [new AbortController(), new AbortController()]
  const cancelled = ask(aligner, LYRICS, { source, signal: first.signal })
  const kept = ask(aligner, LYRICS, { source, signal: second.signal })
  await expect.poll(() => aligner.status().running).toBe(1)
  first.abort()
  await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
  expect((await kept).text).toBe(expected.first)

  const both = [new AbortController(), new AbortController()]
  const asked = both.map(({ signal }) => ask(aligner, LYRICS, { source: LONG, signal }))
  const outcomes = Promise.allSettled(asked)
  await expect.poll(() => aligner.status().running).toBe(1)
  for (const controller of both) controller.abort()
  for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: { code: 'CANCELLED' } })
  await expect.poll(() => aligner.status()).toMatchObject({ running: 0, queued: 0 })
  // The same again begins anew instead of joining what was cancelled.
  expect((await ask(aligner, LYRICS, { source, force: true })).text).toBe(expected.first)
})

test('who waits for a place with the recording in hand is told so', async () => {
  const aligner = await start()
  const leaving = new AbortController()
  const first = Promise.allSettled([aligner.align(LONG, LYRICS, { signal: leaving.signal })])
  await expect.poll(() => aligner.status().running).toBe(1)
  const told: Stage[] = []
  const onProgress = ({ stage }: Progress) => {
    if (told.at(-1) !== stage) told.push(stage)
    if (told.length === 3) leaving.abort()
  }
  await aligner.align(speech('psalm-en.mp3'), LYRICS, { onProgress })
  expect(told).toEqual(['queued', 'fetching', 'queued', ...FIRST.slice(2)])
  expect(await first).toMatchObject([{ reason: { code: 'CANCELLED' } }])
})

test('audio that would have to wait too long is refused by its length', async () => {
  const aligner = await start({ maxQueue: 5, maxQueueAudioSeconds: 260 })
  const controller = new AbortController()
  const { signal } = controller
  const ask = (source: Uint8Array, lyrics: string) => aligner.align(source, lyrics, { signal })
  const long = ask(LONG, LYRICS)
  await expect.poll(() => aligner.status().running).toBe(1)
  const waiting = ask(LONG, OTHER_LYRICS)
  await expect.poll(() => aligner.status().queuedAudioSeconds).toBe(250)
  await expect(ask(bytesOf('psalm-en.mp3'), LYRICS)).rejects.toMatchObject({
    code: 'QUEUE_FULL',
    message: expect.stringContaining('260 s of audio'),
  })
  const short = ask(encodeWav([noise(10, 8000)], 8000), LYRICS)
  await expect.poll(() => aligner.status().queuedAudioSeconds).toBe(260)
  controller.abort()
  const outcomes = await Promise.allSettled([long, waiting, short])
  for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'CANCELLED' } })
  await expect.poll(() => aligner.status()).toMatchObject({ running: 0, queued: 0, queuedAudioSeconds: 0 })
})

// A tiny Qwen3-ForcedAligner with random weights, beside the checkout in CI.
const snapshot = fileURLToPath(new URL('../../../shared/qwen3-golden/tiny-official', import.meta.url))

test.skipIf(!existsSync(snapshot))(
  'where Qwen3 runs, the recording is decoded again but not listened to, with the same answer',
  async () => {
    const aligner = await start({ modelPath: snapshot, cacheDir: join(folder, 'qwen3') })
    await ask(aligner, LYRICS)
    const again = await ask(aligner, OTHER_LYRICS)
    expect(again.stages).toEqual(['queued', 'fetching', 'decoding', 'aligning', 'refining', 'done'])
    const anew = await ask(aligner, OTHER_LYRICS, { force: true })
    expect(anew.stages).toContain('listening')
    expect(anew.text).toBe(again.text)
  },
)
