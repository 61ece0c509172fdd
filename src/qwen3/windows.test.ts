import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AnchoredLine, planWindows, splitWindow, WINDOW_LIMITS } from './windows.ts'

/** Lines of `length` seconds, each `pause` seconds after the one before. */
function verse(first: number, starts: readonly number[], length = 4): AnchoredLine[] {
  return starts.map((start, i) => ({ line: first + i, units: 6, anchor: { start, end: start + length } }))
}

test('a song is cut at its long pauses', () => {
  const lines = [...verse(0, [10, 15, 20, 25]), ...verse(4, [50, 55, 60, 65]), ...verse(8, [100, 105, 110])]
  const windows = planWindows(lines, 130)
  expect(windows.map(({ from, to }) => [from, to])).toEqual([
    [0, 4],
    [4, 8],
    [8, 11],
  ])
})

test('windows hold more audio than text, but not into a neighbour that is near', () => {
  const [first, second] = planWindows([...verse(0, [10, 15, 20, 25]), ...verse(4, [50, 55, 60])], 100)
  expect(first!.start).toBe(7)
  expect(first!.end).toBe(32)
  expect(second!.start).toBe(47)
  const near = planWindows(
    verse(
      0,
      Array.from({ length: 30 }, (_, i) => 5 + 4.2 * i),
    ),
    140,
  )
  for (const [i, window] of near.entries()) {
    if (i > 0) expect(window.start).toBeGreaterThanOrEqual(5 + 4.2 * window.from - 1)
  }
})

test('a song without pauses is cut into windows of the allowed length', () => {
  const lines = verse(
    0,
    Array.from({ length: 60 }, (_, i) => 4 * i),
  )
  const windows = planWindows(lines, 240)
  for (const { start, end } of windows) {
    expect(end - start).toBeLessThanOrEqual(61)
    expect(end - start).toBeGreaterThanOrEqual(15)
  }
})

test('the silence that was heard decides, not the gap between the lines', () => {
  const lines = verse(0, [0, 8, 16, 24, 32, 40])
  const quietAt = (from: number) => (start: number, end: number) => (start <= from && end >= from ? 4 : 0)
  const cutOf = (second: number) =>
    planWindows(lines, 44, quietAt(second), { ...WINDOW_LIMITS, longest: 30 })[0]!.to
  expect(cutOf(14)).toBe(2)
  expect(cutOf(22)).toBe(3)
})

test('lines without an anchor go with their neighbours; alone they have no window', () => {
  const lines = verse(0, [10, 20, 30])
  lines[1] = { line: 1, units: 6, anchor: undefined }
  expect(planWindows(lines, 60)).toMatchObject([{ from: 0, to: 3 }])
  expect(planWindows([{ line: 0, units: 6, anchor: undefined }], 60)).toEqual([])
  expect(planWindows([], 60)).toEqual([])
})

test('every anchored line is in one window, in order and within the audio', () => {
  const gaps = fc.array(
    fc.record({ pause: fc.double({ min: 0, max: 20, noNaN: true }), lost: fc.boolean() }),
    {
      maxLength: 60,
    },
  )
  fc.assert(
    fc.property(gaps, (pieces) => {
      let at = 0
      const lines = pieces.map(({ pause, lost }, line) => {
        const start = at + pause
        at = start + 3
        return { line, units: 8, anchor: lost ? undefined : { start, end: at } }
      })
      const duration = at + 5
      const windows = planWindows(lines, duration)
      let last = 0
      for (const { from, to, start, end } of windows) {
        expect(from).toBeGreaterThanOrEqual(last)
        expect(start).toBeGreaterThanOrEqual(0)
        expect(end).toBeLessThanOrEqual(duration)
        expect(end - start).toBeLessThanOrEqual(WINDOW_LIMITS.longest + 6.5)
        for (const { anchor } of lines.slice(from, to)) {
          if (!anchor) continue
          expect(anchor.start).toBeGreaterThanOrEqual(start)
          expect(anchor.end).toBeLessThanOrEqual(end)
        }
        last = to
      }
      const covered = new Set(windows.flatMap(({ from, to }) => lines.slice(from, to)))
      for (const line of lines) if (line.anchor) expect(covered.has(line)).toBe(true)
    }),
  )
})

test('a window splits at its longest pause near the middle', () => {
  const lines = verse(0, [10, 15, 20, 28, 33, 38])
  const halves = splitWindow({ from: 0, to: 6, start: 7, end: 45 }, lines, 60)
  expect(halves).toMatchObject([
    { from: 0, to: 3 },
    { from: 3, to: 6 },
  ])
  expect(splitWindow({ from: 2, to: 3, start: 7, end: 45 }, lines, 60)).toBeUndefined()
})
