import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseLyrics } from '../lyrics/parse.ts'
import { unitsOf } from '../lyrics/units.ts'
import { cutLines, timesOfOurs } from './line-units.ts'

test('our units and theirs of the same line cover each other', async () => {
  const lines = parseLyrics(
    [
      'Don’t stop—it’s “fine”, 10,000 reasons',
      '主啊，我讚美祢 hallelujah',
      '今日はいい天気',
      '사랑해요, 고마워요…',
    ].join('\n'),
  )
  const units = await unitsOf(lines, '')
  const cut = cutLines(lines, units, 'en')
  expect(cut.map(({ line }) => line)).toEqual([0, 1, 2, 3])
  expect(cut[1]!.theirs.map(({ text }) => text)).toEqual(['主', '啊', '我', '讚', '美', '祢', 'hallelujah'])
  expect(cut[3]!.theirs.map(({ text }) => text)).toEqual(['사랑해요', '고마워요'])
  for (const line of cut) {
    const spans = line.theirs.map((_, i) => ({ start: i, end: i + 1, confidence: 1 }))
    const times = timesOfOurs(line, spans).filter((span) => span !== undefined)
    expect(times[0]!.start).toBe(0)
    expect(times.at(-1)!.end).toBe(spans.length)
  }
})

test('any text can be cut both ways, and times stay in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 60 }), async (text) => {
      const lines = parseLyrics(text)
      for (const line of cutLines(lines, await unitsOf(lines, ''), 'en')) {
        const spans = line.theirs.map((_, i) => ({ start: i, end: i + 0.5, confidence: 1 }))
        let last = 0
        for (const span of timesOfOurs(line, spans)) {
          if (!span) continue
          expect(span.start).toBeGreaterThanOrEqual(last)
          expect(span.end).toBeGreaterThanOrEqual(span.start)
          last = span.start
        }
      }
    }),
  )
})
