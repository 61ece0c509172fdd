import { expect, test } from 'vitest'
import type { LyricLine, Unit, UnitSpan } from '../types.ts'
import { type AskWindow, refineSong, type WindowAnswer } from './refine.ts'

function line(index: number, sung: string): LyricLine {
  return { index, text: sung, kind: 'sung', sung }
}

function words(lines: readonly LyricLine[], language = 'en'): Unit[] {
  return lines.flatMap(({ index, sung }) =>
    sung.split(/\s+/).map((text) => ({ line: index, text, language, romanized: text })),
  )
}

const at = (start: number, end = start + 0.5): UnitSpan => ({ start, end, confidence: 0.5 })

/** Answers as asked: units evenly from `first` seconds of the recording on, `step` apart. */
function evenly(first: number, step: number): AskWindow {
  return async (start, _end, units) => {
    const spans = units.map((_, i) => ({
      ...at(first - start + i * step, first - start + i * step + step / 2),
    }))
    return { spans, raw: spans.flatMap((span) => [span.start, span.end]) }
  }
}

const lines = [line(0, 'one two three four'), line(2, 'five six seven eight')]
const units = words(lines)
const allLines = [lines[0]!, { ...line(1, ''), kind: 'blank' as const }, lines[1]!]
const anchors = units.map((_, i) => at(10 + i))
const song = { lines: allLines, units, anchors, duration: 60, language: 'en' }

test('times of the model replace those of the acoustic model', async () => {
  const told: number[] = []
  const refined = await refineSong(song, evenly(10.2, 1), (fraction) => told.push(fraction))
  expect(refined.map((span) => span?.source)).toEqual(units.map(() => 'qwen3'))
  expect(refined.map((span) => span!.start)).toEqual(units.map((_, i) => expect.closeTo(10.2 + i, 6)))
  expect(told.at(-1)).toBe(1)
})

test('a window that fails is cut anew, and what fails again is left to the acoustic model', async () => {
  const asked: string[] = []
  const collapsed = (n: number): WindowAnswer => ({
    spans: Array.from({ length: n }, () => at(3, 3)),
    raw: new Array(2 * n).fill(3),
  })
  const ask: AskWindow = async (start, end, texts, onProgress) => {
    asked.push(texts.join(' '))
    if (texts.includes('five')) return collapsed(texts.length)
    return evenly(10.2, 1)(start, end, texts, onProgress)
  }
  const refined = await refineSong(song, ask, () => {})
  expect(asked).toEqual([
    'one two three four five six seven eight',
    'one two three four',
    'five six seven eight',
  ])
  expect(refined.map((span) => span?.source)).toEqual([
    ...new Array(4).fill('qwen3'),
    ...new Array(4).fill('ctc'),
  ])
  expect(refined.slice(4).map((span) => span!.start)).toEqual([14, 15, 16, 17])
})

test('one line far from its anchors is left to the acoustic model', async () => {
  const ask: AskWindow = async (start) => {
    const starts = [10, 11, 12, 13, 17.5, 18.5, 19.5, 20.5].map((time) => time - start)
    const spans = starts.map((time) => at(time))
    return { spans, raw: spans.flatMap((span) => [span.start, span.end]) }
  }
  const refined = await refineSong(song, ask, () => {})
  expect(refined.map((span) => span?.source)).toEqual([
    ...new Array(4).fill('qwen3'),
    ...new Array(4).fill('ctc'),
  ])
})

test('single characters of ours share the word of theirs, and punctuation asks nothing', async () => {
  const japanese = [line(0, '今日は ♪')]
  const own = ['今', '日', 'は', '♪'].map((text) => ({ line: 0, text, language: 'ja', romanized: 'x' }))
  const found = [at(1), at(2), at(3), null]
  const ask: AskWindow = async (start, _end, texts) => {
    expect(texts).toEqual(['今日', 'は'])
    const spans = [at(1 - start, 2 - start), at(2.5 - start, 3 - start)]
    return { spans, raw: [1, 2, 2.5, 3] }
  }
  const all = { lines: japanese, units: own, anchors: found, duration: 20, language: 'ja' }
  const refined = await refineSong(all, ask, () => {})
  expect(refined).toEqual([
    { start: 1, end: 1.5, source: 'qwen3', confidence: 0.5 },
    { start: 1.5, end: 2, source: 'qwen3', confidence: 0.5 },
    { start: 2.5, end: 3, source: 'qwen3', confidence: 0.5 },
    null,
  ])
})

test('one unit of ours that covers several of theirs lasts from the first to the last', async () => {
  const mixed = [line(0, '你好world again')]
  const own = ['你好world', 'again'].map((text) => ({ line: 0, text, language: 'zh', romanized: 'x' }))
  const ask: AskWindow = async (start, _end, texts) => {
    expect(texts).toEqual(['你', '好', 'world', 'again'])
    const spans = [1, 2, 3, 4].map((time) => at(time - start))
    return { spans, raw: [] }
  }
  const all = { lines: mixed, units: own, anchors: [at(1), at(4)], duration: 20, language: 'zh' }
  expect(await refineSong(all, ask, () => {})).toMatchObject([
    { start: 1, end: 3.5 },
    { start: 4, end: 4.5 },
  ])
})

test('the result is in order even where windows and engines cross', async () => {
  const crossing = anchors.map((span, i) => (i < 4 ? span : at(span.start - 0.6)))
  const ask: AskWindow = async (start, end, texts, onProgress) =>
    texts.includes('five')
      ? { spans: texts.map(() => at(90)), raw: texts.flatMap(() => [90, 90]) }
      : evenly(11, 1)(start, end, texts, onProgress)
  const refined = await refineSong({ ...song, anchors: crossing }, ask, () => {})
  const starts = refined.map((span) => span!.start)
  expect(starts).toEqual([...starts].sort((a, b) => a - b))
})

test('a unit that is not in its line is a mistake of ours, not a guess', async () => {
  const wrong = { ...song, units: [{ ...units[0]!, text: 'other' }], anchors: [at(10)] }
  await expect(refineSong(wrong, evenly(10, 1), () => {})).rejects.toThrow(
    'Expected unit "other" at 0 of line 0',
  )
})
