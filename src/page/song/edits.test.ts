import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  confirm,
  insertLine,
  joinWithNext,
  markUnsung,
  moveEdge,
  moveTo,
  moveUnitEdge,
  removeLine,
  setText,
  shift,
  singAt,
  splitLine,
  tapStart,
} from './edits.ts'
import { answered } from './fixture.test-data.ts'
import { mainOf, type Song, songFromAnswer, textOf, toAlignment } from './song.ts'

const song = songFromAnswer(answered())
const [first, second] = song.sung as [Song['sung'][number], Song['sung'][number]]

/** What must hold of every song, whatever was done to it. */
function expectSound({ sung, lines, duration }: Song): void {
  const ids = new Set(lines.map(({ id }) => id))
  for (const [i, each] of sung.entries()) {
    expect(ids).toContain(each.line)
    expect(each.start).toBeGreaterThanOrEqual(0)
    expect(each.end).toBeGreaterThanOrEqual(each.start)
    expect(each.end).toBeLessThanOrEqual(duration + 1e-9)
    const next = sung[i + 1]
    if (next) expect(next.start).toBeGreaterThanOrEqual(each.end - 1e-9)
    for (const unit of each.units) {
      expect(unit.end).toBeGreaterThanOrEqual(unit.start - 1e-9)
      expect(unit.start).toBeGreaterThanOrEqual(each.start - 1e-9)
      expect(unit.end).toBeLessThanOrEqual(each.end + 1e-9)
    }
  }
  expect(new Set(sung.map(({ id }) => id)).size).toBe(sung.length)
  expect(ids.size).toBe(lines.length)
}

describe('edges', () => {
  test('a start goes where it is dragged, and the first word with it', () => {
    const after = moveEdge(song, first.id, 'start', 1.5)
    expect(after.sung[0]).toMatchObject({ start: 1.5, end: first.end, confirmed: true })
    expect(after.sung[0]!.units[0]!.start).toBe(1.5)
    expectSound(after)
  })

  test('the line before makes room, but is not pushed away', () => {
    const after = moveEdge(song, second.id, 'start', 2.5)
    expect(after.sung[1]!.start).toBe(2.5)
    expect(after.sung[0]!.end).toBe(2.5)
    const further = moveEdge(song, second.id, 'start', -3)
    expect(further.sung[0]!.id).toBe(first.id)
    expectSound(further)
  })

  test('a line that is moved takes its words along', () => {
    const after = moveTo(song, first.id, first.start + 0.25)
    expect(after.sung[0]!.units.map(({ start }) => start)).toEqual(
      first.units.map(({ start }) => start + 0.25),
    )
    expectSound(after)
  })

  test('a word is moved within its line, and the one before it makes room', () => {
    const unit = first.units[1]!
    const after = moveUnitEdge(song, first.id, 1, 'start', unit.start - 0.3)
    expect(after.sung[0]!.units[1]!.start).toBeCloseTo(unit.start - 0.3)
    expect(after.sung[0]!.units[0]!.end).toBeLessThanOrEqual(unit.start - 0.3 + 1e-9)
    expectSound(after)
  })
})

describe('text', () => {
  test('an edited line keeps the times of the words that stay', () => {
    const after = setText(song, first.line, 'One fine two three')
    const units = after.sung[0]!.units
    expect(units.map(({ text }) => text)).toEqual(['One', 'fine', 'two', 'three'])
    expect(units[0]).toEqual(first.units[0])
    expect(units.at(-1)).toEqual(first.units.at(-1))
    expectSound(after)
  })

  test('a line is split at a word and joined again', () => {
    const text = song.lines[0]!.text
    const split = splitLine(song, first.line, text.indexOf('three'))
    expect(split.lines.slice(0, 2).map((line) => line.text)).toEqual(['One two', 'three'])
    expect(split.sung[0]!.units.map((unit) => unit.text)).toEqual(['One', 'two'])
    expect(split.sung[1]).toMatchObject({ start: first.units[2]!.start, end: first.end })
    expectSound(split)
    const joined = joinWithNext(split, first.line)
    expect(textOf(joined)).toBe(textOf(song))
    expect(joined.sung[0]).toMatchObject({ start: first.start, end: first.end, units: first.units })
  })

  test('lines without spaces are joined without one', () => {
    const written = setText(setText(song, song.lines[0]!.id, '奇異恩典'), song.lines[1]!.id, '何等甘甜')
    expect(joinWithNext(written, song.lines[0]!.id).lines[0]!.text).toBe('奇異恩典何等甘甜')
  })

  test('a line is inserted and deleted; a text that is split at its edge stays', () => {
    const after = insertLine(song, first.line, 'New')
    expect(after.lines.map(({ text }) => text)[1]).toBe('New')
    expect(mainOf(after, after.lines[1]!.id)).toBeUndefined()
    expect(textOf(removeLine(after, after.lines[1]!.id))).toBe(textOf(song))
    expect(splitLine(song, first.line, 0)).toBe(song)
  })
})

describe('what is sung', () => {
  test('a line that is not sung keeps its place in the text', () => {
    const after = markUnsung(song, first.id)
    expect(toAlignment(after).lines[0]).toMatchObject({ status: 'unsung', start: first.start })
    expect(after.sung.length).toBe(song.sung.length - 1)
  })

  test('a missing repeat is put in, with words as far apart as elsewhere', () => {
    const after = singAt(song, first.line, 20)
    const again = after.sung.find(({ line, start }) => line === first.line && start === 20)!
    expect(again.units[1]!.start - 20).toBeCloseTo(first.units[1]!.start - first.start)
    expect(again.isMain).toBe(false)
    expect(toAlignment(after).lines[0]!.occurrences.length).toBe(2)
    expectSound(after)
  })

  test('a tap starts a line, and the one before it ends there', () => {
    const after = tapStart(song, second.id, 2.8)
    expect(after.sung.find(({ id }) => id === second.id)!.start).toBe(2.8)
    expect(after.sung.find(({ id }) => id === first.id)!.end).toBeLessThanOrEqual(2.8)
    expectSound(after)
  })

  test('confirmed lines are aligned, and say no doubt', () => {
    const doubtful = song.sung.find(({ status }) => status === 'suspect')!
    const after = toAlignment(confirm(song, doubtful.id))
    const index = song.lines.findIndex(({ id }) => id === doubtful.line)
    expect(after.lines[index]).toMatchObject({ status: 'aligned' })
    expect(after.lines[index]!.doubt).toBeUndefined()
    expect(after.verdict.alignedLines).toBe(toAlignment(song).verdict.alignedLines + 1)
  })
})

describe('shifting', () => {
  test('all of it', () => {
    const after = shift(song, 0.1)
    expect(after.sung.map(({ start }) => start)).toEqual(song.sung.map(({ start }) => start + 0.1))
    expectSound(after)
  })

  test('what is after a time, and what is before makes room', () => {
    const after = shift(song, -2, second.start)
    expect(after.sung[0]!.start).toBe(first.start)
    expect(after.sung.slice(1).every(({ start }) => start >= first.start)).toBe(true)
    expectSound(after)
  })
})

test('whatever is done, the song stays sound', () => {
  const time = fc.double({ min: -5, max: 40, noNaN: true })
  const pick = fc.nat(20)
  const edits = fc.oneof(
    fc.tuple(pick, time).map(
      ([i, at]) =>
        (s: Song) =>
          moveEdge(s, idOf(s, i), 'start', at),
    ),
    fc.tuple(pick, time).map(
      ([i, at]) =>
        (s: Song) =>
          moveEdge(s, idOf(s, i), 'end', at),
    ),
    fc.tuple(pick, time).map(
      ([i, at]) =>
        (s: Song) =>
          moveTo(s, idOf(s, i), at),
    ),
    fc.tuple(pick, time).map(
      ([i, at]) =>
        (s: Song) =>
          tapStart(s, idOf(s, i), at),
    ),
    fc.tuple(pick, time, pick).map(
      ([i, at, k]) =>
        (s: Song) =>
          moveUnitEdge(s, idOf(s, i), k % 3, 'start', at),
    ),
    fc.tuple(pick, time, pick).map(
      ([i, at, k]) =>
        (s: Song) =>
          moveUnitEdge(s, idOf(s, i), k % 3, 'end', at),
    ),
    fc.tuple(pick, time).map(
      ([i, at]) =>
        (s: Song) =>
          singAt(s, lineOf(s, i), at),
    ),
    fc.tuple(pick, pick).map(
      ([i, at]) =>
        (s: Song) =>
          splitLine(s, lineOf(s, i), at),
    ),
    pick.map((i) => (s: Song) => joinWithNext(s, lineOf(s, i))),
    pick.map((i) => (s: Song) => markUnsung(s, idOf(s, i))),
    pick.map((i) => (s: Song) => insertLine(s, lineOf(s, i), 'and more')),
    fc.tuple(pick, fc.constantFrom('', 'One three', '主 two', 'la la la la')).map(
      ([i, text]) =>
        (s: Song) =>
          setText(s, lineOf(s, i), text),
    ),
    fc.tuple(fc.double({ min: -30, max: 30, noNaN: true }), time).map(
      ([by, from]) =>
        (s: Song) =>
          shift(s, by, Math.max(0, from)),
    ),
  )
  const idOf = ({ sung }: Song, i: number) => (sung.length > 0 ? sung[i % sung.length]!.id : -1)
  const lineOf = ({ lines }: Song, i: number) => lines[i % lines.length]!.id
  fc.assert(
    fc.property(fc.array(edits, { maxLength: 12 }), (steps) => {
      let present = song
      for (const edit of steps) {
        present = edit(present)
        expectSound(present)
      }
      expect(toAlignment(present).lines.length).toBe(present.lines.length)
    }),
    { numRuns: 400 },
  )
})
