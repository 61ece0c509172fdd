import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TINY, writeFakeCheckpoint } from '../../scripts/fake-checkpoint.ts'
import {
  GOLDENS,
  type GoldenClip,
  goldenAudio,
  goldenJson,
  goldensFound,
  goldensNote,
} from '../../test/qwen3-goldens.ts'
import { loadQwen3, type Qwen3Engine } from './engine.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'engine-'))
})
afterAll(() => rm(root, { recursive: true }))

describe.skipIf(!goldensFound)(`a snapshot of known answers${goldensNote}`, () => {
  let engine: Qwen3Engine
  beforeAll(async () => {
    engine = await loadQwen3(join(GOLDENS, 'tiny-official'), { threads: 1, cacheDir: root })
  })
  afterAll(() => engine.close())

  test.each(['en-3.2s', 'zh-25.37s'])('%s: the reference’s items come out', async (clip) => {
    const { units, items } = goldenJson<GoldenClip>(clip)
    const { spans } = await engine.ask(goldenAudio(clip), units)
    expect(spans.map(({ start, end }) => [start, end])).toEqual(
      items.map(({ start_time, end_time }) => [start_time, end_time]),
    )
    for (const { confidence } of spans) expect(confidence).toBeLessThanOrEqual(1)
  })

  test('Viterbi differs only where the reference has something to repair', async () => {
    const { units, items, raw_ms, repaired_ms } = goldenJson<GoldenClip>('en-3.2s')
    const { spans } = await engine.ask(goldenAudio('en-3.2s'), units, { decode: 'viterbi' })
    for (const [i, { start, end }] of spans.entries()) {
      const repaired = [2 * i, 2 * i + 1].some((slot) => raw_ms[slot] !== repaired_ms[slot])
      if (repaired) expect(end).toBeGreaterThanOrEqual(start)
      else expect([start, end]).toEqual([items[i]!.start_time, items[i]!.end_time])
    }
  })

  test('the whole way over a song: lines in windows, units of ours', async () => {
    const { text, items } = goldenJson<GoldenClip>('en-3.2s')
    const lines = [{ index: 0, text, kind: 'sung' as const, sung: text }]
    const units = text
      .split(' ')
      .map((word) => ({ line: 0, text: word, language: 'en', romanized: word.toLowerCase() }))
    const anchors = items.map(({ start_time, end_time }) => ({
      start: start_time,
      end: end_time,
      confidence: 0.5,
    }))
    const fractions: number[] = []
    const refined = await engine.refine(goldenAudio('en-3.2s'), lines, units, anchors, {
      language: 'en',
      onProgress: (fraction) => fractions.push(fraction),
    })
    // the text fits one unit per word, and the audio one window
    expect(refined.map((span) => span?.source)).toEqual(units.map(() => 'qwen3'))
    expect(refined.map((span) => span?.start)).toEqual(items.map(({ start_time }) => start_time))
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
  })

  test('the same audio is heard once', async () => {
    const audio = goldenAudio('fr-33s')
    const first: number[] = []
    await engine.ask(audio, ['un'], { onProgress: (fraction) => first.push(fraction) })
    const second: number[] = []
    await engine.ask(audio, ['deux'], { onProgress: (fraction) => second.push(fraction) })
    expect(first.some((fraction) => fraction < 0.4)).toBe(true)
    expect(second.every((fraction) => fraction >= 0.4)).toBe(true)
  })

  test('other lyrics to the same audio get the same bits as without the memory', async () => {
    const { units } = goldenJson<GoldenClip>('fr-33s')
    const audio = goldenAudio('fr-33s')
    await engine.ask(audio, ['un', 'deux'])
    const fractions: number[] = []
    const remembered = await engine.ask(audio, units, { onProgress: (fraction) => fractions.push(fraction) })
    // 0.4 is where the decoder starts: its part of the audio is skipped too
    expect(fractions[0]).toBeGreaterThan(0.5)
    const fresh = await loadQwen3(join(GOLDENS, 'tiny-official'), { threads: 1, cacheDir: root })
    expect(remembered).toEqual(await fresh.ask(audio, units))
    await fresh.close()
  })

  test('a cancelled alignment stops with CANCELLED', async () => {
    let asked = 0
    const isCancelled = () => ++asked > 2
    const cancelled = engine.ask(goldenAudio('zh-25.37s').slice(160), ['一'], { isCancelled })
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(asked).toBe(3)
  })
})

test('random weights fail the checks, and every line is left to the acoustic model', async () => {
  await writeFakeCheckpoint(join(root, 'fake'), TINY)
  const engine = await loadQwen3(join(root, 'fake'), { threads: 1, cacheDir: root })
  const lines = ['so many words', 'and many more'].map((sung, index) => ({
    index,
    text: sung,
    kind: 'sung' as const,
    sung,
  }))
  const units = lines.flatMap(({ sung, index }) =>
    sung.split(' ').map((text) => ({ line: index, text, language: 'en', romanized: text })),
  )
  const anchors = units.map((_, i) => ({ start: 2 + i, end: 2.5 + i, confidence: 0.9 }))
  const refined = await engine.refine(new Float32Array(16_000 * 12), lines, units, anchors, {
    language: 'en',
  })
  expect(refined).toEqual(anchors.map((span) => ({ ...span, source: 'ctc' })))
  expect(engine.model).toMatchObject({ name: 'Qwen3-ForcedAligner', engine: 'qwen3' })
  await engine.close()
})
