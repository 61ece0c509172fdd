import type { Span } from '../../types.ts'
import { type Answer, mainOf, type Song, type Sung, sungOf } from './song.ts'

/** What stays where it is in a new alignment: lines by their index in the text, seconds. */
export type Pin = { line: number; start: number; end: number }

/** Which singings are not to move: those that were confirmed alone, or those that are aligned as well. */
export type Trusted = 'confirmed' | 'aligned'

/** A stretch of the song between two lines that stay, and what stays. */
export type Neighbourhood = { span: Span; pins: Pin[]; staying: ReadonlySet<number> }

const isTrusted = (trusted: Trusted) => (each: Sung) =>
  each.confirmed || (trusted === 'aligned' && each.status === 'aligned')

/** What lies around a line, up to the nearest trusted singing on both sides. The line itself is not trusted. */
export function neighbourhoodOf(song: Song, line: number, trusted: Trusted): Neighbourhood {
  const chosen = mainOf(song, line)
  const lineAt = song.lines.findIndex(({ id }) => id === line)
  const trust = isTrusted(trusted)
  const staying = song.sung.filter((each) => each.line !== line && trust(each))
  const [time, until] = chosen ? [chosen.start, chosen.end] : placeByText(song, lineAt)
  const before = staying.findLast((each) => each.start <= time)
  const after = staying.find((each) => each.start >= until && each !== before)
  const span = { start: before?.end ?? 0, end: after?.start ?? song.duration }
  const indexOf = new Map(song.lines.map(({ id }, index) => [id, index]))
  const pins = staying.map(({ line: id, start, end }) => ({ line: indexOf.get(id)!, start, end }))
  return { span, pins, staying: new Set(staying.map(({ id }) => id)) }
}

/** Where a line that is not sung may be: between the lines before and after it in the text. */
function placeByText(song: Song, at: number): [number, number] {
  const before = song.lines.slice(0, at).map(({ id }) => mainOf(song, id))
  const after = song.lines.slice(at + 1).map(({ id }) => mainOf(song, id))
  const from = before.findLast((each) => each !== undefined)?.end ?? 0
  const to = after.find((each) => each !== undefined)?.start ?? song.duration
  return [from, Math.max(from, to)]
}

/** The song with what a new answer says of a neighbourhood; everything outside of it, and what is trusted, stays. */
export function withAnswer(song: Song, answer: Answer, { span, staying }: Neighbourhood): Song {
  const inside = ({ start, end }: Span) => {
    const middle = (start + end) / 2
    return middle >= span.start && middle <= span.end
  }
  let nextId = song.nextId
  const found = sungOf(
    answer,
    (index) => song.lines[index]!.id,
    () => nextId++,
  )
    .filter(inside)
    .map((each) => within(each, span))
  const kept = song.sung.filter((each) => each.confirmed || staying.has(each.id) || !inside(each))
  const fresh = found.filter(
    (each) => !kept.some((other) => other.start < each.end && each.start < other.end),
  )
  const sung = [...kept, ...fresh].sort((a, b) => a.start - b.start)
  const statuses = new Map(song.lines.map(({ id }, index) => [id, answer.json_data[index]!.status]))
  const lines = song.lines.map((line) => {
    const status = statuses.get(line.id)!
    return status === 'aligned' || status === 'suspect' ? line : { ...line, status }
  })
  return { ...song, lines, sung: withOneMain(sung), nextId }
}

function within(each: Sung, { start, end }: Span): Sung {
  if (each.start >= start && each.end <= end) return each
  const clip = (time: number) => Math.min(end, Math.max(start, time))
  const units = each.units.map((unit) => ({ ...unit, start: clip(unit.start), end: clip(unit.end) }))
  return { ...each, start: clip(each.start), end: clip(each.end), units }
}

/** Every line has one singing whose time is its own: the first that claims it. */
function withOneMain(sung: Sung[]): Sung[] {
  const claimed = new Map<number, number>()
  for (const each of sung) {
    const current = claimed.get(each.line)
    if (current === undefined || (each.isMain && !sung.find(({ id }) => id === current)!.isMain))
      claimed.set(each.line, each.id)
  }
  return sung.map((each) => ({ ...each, isMain: claimed.get(each.line) === each.id }))
}
