import type { Span } from '../../types.ts'
import type { Song, SongLine, Sung } from './song.ts'
import { mainOf, singingsOf } from './song.ts'
import { fitted, moved, piecesOf, spread, unitsAfterEdit, within } from './units.ts'

/** What is sung lasts this long at least, seconds. */
export const SHORTEST = 0.02

export type Edge = 'start' | 'end'

const clamp = (value: number, least: number, most: number) =>
  Math.min(Math.max(value, least), Math.max(least, most))
const BY_HAND = { confirmed: true, confidence: 1 } as const

/** Puts one singing in the place of that with its id, keeps the order of time, and lets its neighbours make room. */
function withSung(song: Song, changed: Sung): Song {
  const others = song.sung.filter(({ id }) => id !== changed.id)
  return { ...song, sung: inOrder([...others.map((each) => makingRoom(each, changed)), changed]) }
}

/** A neighbour ends where the other one begins, or begins where it ends; one that lies within it is left. */
function makingRoom(each: Sung, { start, end }: Span): Sung {
  const span = { start: each.start, end: each.end }
  if (each.start < start && each.end > start) span.end = start
  else if (each.start >= start && each.start < end && each.end > end) span.start = end
  else return each
  return { ...each, ...span, units: fitted(each.units, span) }
}

function find(song: Song, id: number): Sung | undefined {
  return song.sung.find((each) => each.id === id)
}

/** Where a singing may reach: its neighbours keep a little of their time. */
export function limitsOf({ sung, duration }: Song, id: number): Span {
  const at = sung.findIndex((each) => each.id === id)
  const [before, after] = [sung[at - 1], sung[at + 1]]
  return { start: before ? before.start + SHORTEST : 0, end: after ? after.end - SHORTEST : duration }
}

/** A span with one of its edges at a time, as far as there is room; it keeps a little of its length. */
function edgeAt({ start, end }: Span, edge: Edge, time: number, room: Span): Span {
  if (edge === 'start') {
    const least = Math.min(room.start, start)
    return { start: clamp(time, least, end - Math.min(SHORTEST, end - least)), end }
  }
  const most = Math.max(room.end, end)
  return { start, end: clamp(time, start + Math.min(SHORTEST, most - start), most) }
}

/** Moves the start or the end of what is sung to a time. Its first or last word goes with it. */
export function moveEdge(song: Song, id: number, edge: Edge, time: number): Song {
  const sung = find(song, id)
  if (!sung) return song
  const limits = limitsOf(song, id)
  const span = edgeAt(sung, edge, time, limits)
  return withSung(song, { ...sung, ...span, ...BY_HAND, units: fitted(sung.units, span) })
}

/** Moves a whole singing so that it starts at a time; its words go with it. */
export function moveTo(song: Song, id: number, time: number): Song {
  const sung = find(song, id)
  if (!sung) return song
  const limits = limitsOf(song, id)
  const start = clamp(time, limits.start, limits.end - SHORTEST)
  const by = start - sung.start
  const end = clamp(sung.end + by, start + SHORTEST, limits.end)
  const units = fitted(moved(sung.units, by), { start, end })
  return withSung(song, { ...sung, start, end, ...BY_HAND, units })
}

/** Moves the start or the end of a word within its line; the words beside it make room. */
export function moveUnitEdge(song: Song, id: number, unit: number, edge: Edge, time: number): Song {
  const sung = find(song, id)
  const chosen = sung?.units[unit]
  if (!sung || !chosen) return song
  const [before, after] = [sung.units[unit - 1], sung.units[unit + 1]]
  const limits = limitsOf(song, id)
  const least = before ? before.start : limits.start
  const most = after ? after.end : limits.end
  const changed = { ...chosen, ...edgeAt(chosen, edge, time, { start: least, end: most }) }
  const units = sung.units.map((each, i) => {
    if (i === unit) return changed
    if (i === unit - 1) return { ...each, end: Math.min(each.end, changed.start) }
    if (i === unit + 1) return { ...each, start: Math.max(each.start, changed.end) }
    return each
  })
  const span = {
    start: unit === 0 ? changed.start : sung.start,
    end: unit === units.length - 1 ? changed.end : sung.end,
  }
  return withSung(song, { ...sung, ...span, ...BY_HAND, units })
}

/** A person says that a singing is right as it is. */
export function confirm(song: Song, id: number): Song {
  return { ...song, sung: song.sung.map((each) => (each.id === id ? { ...each, confirmed: true } : each)) }
}

/** A person says that a line is not sung, as it stands. */
export function confirmUnsung(song: Song, line: number): Song {
  return {
    ...song,
    lines: song.lines.map((each) => (each.id === line ? { ...each, confirmed: true } : each)),
  }
}

/** Gives a line another text. Its words keep their times where they stay; it has to be looked at again. */
export function setText(song: Song, line: number, text: string): Song {
  const lines = song.lines.map((each) => (each.id === line ? { ...each, text, ...kindOf(text, each) } : each))
  const sung = song.sung.map((each) =>
    each.line === line
      ? { ...each, units: within(unitsAfterEdit(text, each.units, each), each), confirmed: false }
      : each,
  )
  return { ...song, lines, sung }
}

function kindOf(text: string, { status, confidence }: SongLine): Pick<SongLine, 'status' | 'confidence'> {
  if (text.trim() === '') return { status: 'blank', confidence: null }
  return status === 'blank' ? { status: 'unsung', confidence: 0 } : { status, confidence }
}

/** A new line behind another one (null: before all). It is not sung until it gets a time. */
export function insertLine(song: Song, after: number | null, text: string): Song {
  const at = after === null ? 0 : song.lines.findIndex(({ id }) => id === after) + 1
  const time = after === null ? 0 : endOf(song, after)
  const blank: SongLine = {
    id: song.nextId,
    text,
    status: 'unsung',
    place: { start: time, end: time },
    confidence: 0,
    confirmed: false,
  }
  const line = { ...blank, ...kindOf(text, blank) }
  return { ...song, lines: song.lines.toSpliced(at, 0, line), nextId: song.nextId + 1 }
}

function endOf(song: Song, line: number): number {
  return mainOf(song, line)?.end ?? song.lines.find(({ id }) => id === line)?.place.end ?? 0
}

/** Takes a line out of the text, with all its singings. */
export function removeLine(song: Song, line: number): Song {
  return {
    ...song,
    lines: song.lines.filter(({ id }) => id !== line),
    sung: song.sung.filter((each) => each.line !== line),
  }
}

/** Cuts a line in two before the piece of text that starts at `at`; its words go where their text goes. */
export function splitLine(song: Song, line: number, at: number): Song {
  const index = song.lines.findIndex(({ id }) => id === line)
  const whole = song.lines[index]
  if (!whole) return song
  const texts = [whole.text.slice(0, at).trimEnd(), whole.text.slice(at).trimStart()] as const
  if (texts.some((text) => text === '')) return song
  const second = { ...whole, id: song.nextId, text: texts[1] }
  const lines = song.lines.toSpliced(index, 1, { ...whole, text: texts[0] }, second)
  let nextId = song.nextId + 1
  const sung = song.sung.flatMap((each): Sung[] => {
    if (each.line !== line) return [each]
    const count = Math.min(each.units.length, piecesOf(texts[0]).length)
    const units = [each.units.slice(0, count), each.units.slice(count)] as const
    const middle = (each.start + each.end) / 2
    const least = Math.min(SHORTEST, middle - each.start)
    const cut = clamp(units[1][0]?.start ?? middle, each.start + least, each.end - least)
    const spans = [
      { start: each.start, end: clamp(units[0].at(-1)?.end ?? cut, each.start + least, cut) },
      { start: cut, end: each.end },
    ] as const
    const half = (i: 0 | 1) => ({
      ...spans[i],
      units: within(unitsAfterEdit(texts[i], units[i], spans[i]), spans[i]),
    })
    return [
      { ...each, ...half(0) },
      { ...each, id: nextId++, line: second.id, ...half(1) },
    ]
  })
  return { ...song, lines, sung: inOrder(sung), nextId }
}

/** By start, and none goes on when the next one has begun. */
function inOrder(sung: readonly Sung[]): Sung[] {
  const sorted = sung.toSorted((a, b) => a.start - b.start)
  return sorted.map((each, i) => {
    const end = Math.min(each.end, sorted[i + 1]?.start ?? each.end)
    return end === each.end ? each : { ...each, end, units: within(each.units, { start: each.start, end }) }
  })
}

/** Makes one line of a line and the next one. Singings that follow each other become one. */
export function joinWithNext(song: Song, line: number): Song {
  const index = song.lines.findIndex(({ id }) => id === line)
  const [first, second] = [song.lines[index], song.lines[index + 1]]
  if (!first || !second) return song
  const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]$/u.test(first.text)
  const text = [first.text, second.text].filter((each) => each !== '').join(wide ? '' : ' ')
  const joined: Sung[] = []
  const used = new Set<number>()
  for (const each of singingsOf(song, first.id)) {
    const at = song.sung.indexOf(each)
    const next = song.sung[at + 1]
    if (next?.line === second.id) {
      used.add(next.id)
      joined.push({
        ...each,
        end: next.end,
        units: [...each.units, ...next.units],
        confirmed: each.confirmed && next.confirmed,
      })
    } else {
      joined.push({ ...each, units: within(unitsAfterEdit(text, each.units, each), each), confirmed: false })
    }
  }
  // The second line without the first: the whole line is thought to be sung there.
  for (const each of singingsOf(song, second.id)) {
    if (used.has(each.id)) continue
    joined.push({
      ...each,
      line: first.id,
      isMain: joined.length === 0,
      units: within(unitsAfterEdit(text, each.units, each), each),
      confirmed: false,
    })
  }
  const others = song.sung.filter((each) => each.line !== first.id && each.line !== second.id)
  const status = first.status === 'blank' ? second.status : first.status
  return {
    ...song,
    lines: song.lines.toSpliced(index, 2, { ...first, text, status }),
    sung: inOrder([...others, ...joined]),
  }
}

/** Says that a line is not sung here: takes one singing away. The line stays in the text. */
export function markUnsung(song: Song, id: number): Song {
  const sung = find(song, id)
  if (!sung) return song
  const left = song.sung.filter((each) => each.id !== id)
  const heir = left.find((each) => each.line === sung.line)
  const place = { start: sung.start, end: sung.start }
  return {
    ...song,
    lines: song.lines.map((line) => (line.id === sung.line ? { ...line, place, confirmed: true } : line)),
    sung: left.map((each) => (each === heir && sung.isMain ? { ...each, isMain: true } : each)),
  }
}

/** Says that a line is sung at a time, once more or at all; it takes the room up to the next line, at most `seconds`. */
export function singAt(song: Song, line: number, time: number, seconds = 3): Song {
  const text = song.lines.find(({ id }) => id === line)?.text
  if (text === undefined) return song
  const start = clamp(time, 0, song.duration - SHORTEST)
  const next = song.sung.find((each) => each.start > start + SHORTEST)
  const end = clamp(start + seconds, start + SHORTEST, next?.start ?? song.duration)
  const pattern = singingsOf(song, line)[0]
  const span = { start, end }
  // Words as far apart as where it is sung elsewhere, else by their length.
  const units = pattern
    ? fitted(moved(pattern.units, start - pattern.start), span)
    : spread(piecesOf(text), span)
  const isMain = mainOf(song, line) === undefined
  const id = song.nextId
  const made: Sung = { id, line, isMain, ...span, units, status: 'aligned', ...BY_HAND }
  return withSung({ ...song, nextId: id + 1 }, made)
}

/**
 * Moves everything that starts at a time or later by some seconds; all of it where the time is 0. It moves as far as it
 * can: nothing leaves the recording, and nothing passes what stays.
 */
export function shift(song: Song, by: number, from = 0): Song {
  const staying = song.sung.filter(({ start }) => start < from)
  const moving = song.sung.filter(({ start }) => start >= from)
  const [first] = moving
  if (!first) return song
  const floor = staying.at(-1)
  const least = (floor ? Math.min(floor.start + SHORTEST, first.start) : 0) - first.start
  const most = song.duration - Math.max(...moving.map(({ end }) => end))
  const way = clamp(by, least, most)
  const movedSpan = ({ start, end }: Span) => ({
    start: clamp(start + way, 0, song.duration),
    end: clamp(end + way, 0, song.duration),
  })
  const shifted = moving.map((each) => {
    const span = movedSpan(each)
    return { ...each, ...span, units: within(moved(each.units, way), span) }
  })
  const lines = song.lines.map((line) =>
    line.place.start < from ? line : { ...line, place: movedSpan(line.place) },
  )
  return { ...song, lines, sung: [...staying.map((each) => makingRoom(each, shifted[0]!)), ...shifted] }
}

/** Sets the start of a singing as it was tapped: it moves there whole, and the one before it ends there at the latest. */
export function tapStart(song: Song, id: number, time: number): Song {
  const sung = find(song, id)
  if (!sung) return song
  const start = clamp(time, 0, song.duration - SHORTEST)
  const by = start - sung.start
  const after = song.sung.find((each) => each.id !== id && each.start > start)
  const isNext = after !== undefined && after.start > sung.start
  const end = clamp(sung.end + by, start + SHORTEST, isNext ? song.duration : (after?.start ?? song.duration))
  const span = { start, end }
  const others = song.sung.map((each) =>
    each.id !== id && each.start < start && each.end > start
      ? { ...each, end: start, units: fitted(each.units, { start: each.start, end: start }) }
      : each,
  )
  const changed = { ...sung, ...span, ...BY_HAND, units: fitted(moved(sung.units, by), span) }
  return { ...song, sung: inOrder(others.map((each) => (each.id === id ? changed : each))) }
}
