import { describe, expect, test } from 'vitest'
import { formats } from '../../format/format.ts'
import { toJson } from '../../format/json.ts'
import { Failure } from '../io/failure.ts'
import { confirm, confirmUnsung, moveEdge } from './edits.ts'
import { answered } from './fixture.test-data.ts'
import { endRun, redo, startHistory, step, undo } from './history.ts'
import { neighbourhoodOf, withAnswer } from './neighbourhood.ts'
import { isProject, projectText, readProject } from './project.ts'
import { doubtfulOf, nextDoubtful } from './review.ts'
import { songFromAnswer, toAlignment } from './song.ts'
import { piecesOf, spread, unitsAfterEdit } from './units.ts'

const answer = answered()
const song = songFromAnswer(answer)

test('a song that was not touched gives back the answer that it came from', () => {
  const { json_data, ...rest } = answer
  expect(toJson(toAlignment(song))).toEqual({ ...rest, lines: json_data })
  for (const write of Object.values(formats)) expect(write(toAlignment(song), {}).length).toBeGreaterThan(10)
})

describe('review', () => {
  test('the most doubtful comes first, what was not heard at all last', () => {
    expect(doubtfulOf(song).map(({ confidence, sung }) => [confidence, sung !== null])).toEqual([
      [0.2, true],
      [0.3, true],
      [0, false],
    ])
  })

  test('next and previous go around', () => {
    const none = { line: null, sung: null }
    const first = nextDoubtful(song, none, 1)!
    const last = nextDoubtful(song, none, -1)!
    expect(first.confidence).toBe(0.2)
    expect(nextDoubtful(song, last, 1)).toEqual(first)
    expect(nextDoubtful(song, first, -1)).toEqual(last)
  })

  test('what was confirmed is not doubtful any more', () => {
    const [first] = doubtfulOf(song)
    const left = doubtfulOf(confirmUnsung(confirm(song, first!.sung!), song.lines[5]!.id))
    expect(left.map(({ confidence }) => confidence)).toEqual([0.3])
  })
})

describe('history', () => {
  test('steps are undone and done again; a new one ends what was undone', () => {
    let history = step(step(startHistory(1), 2), 3)
    history = undo(undo(history))
    expect(history.present).toBe(1)
    expect(undo(history).present).toBe(1)
    history = redo(history)
    expect(history.present).toBe(2)
    history = step(history, 9)
    expect(redo(history).present).toBe(9)
  })

  test('steps of one mark are undone as one, until the run ends', () => {
    let history = step(step(startHistory(1), 2, 'nudge'), 3, 'nudge')
    history = step(endRun(history), 4, 'nudge')
    expect(undo(history).present).toBe(3)
    expect(undo(undo(history)).present).toBe(1)
  })
})

describe('aligning a neighbourhood again', () => {
  test('it lies between the nearest lines that stay, which are pinned with all others', () => {
    const { span, pins } = neighbourhoodOf(song, song.lines[1]!.id, 'aligned')
    expect(span).toEqual({ start: 3, end: 8 })
    expect(pins).toEqual([
      { line: 0, start: 1, end: 3 },
      { line: 3, start: 8, end: 10 },
      { line: 3, start: 15, end: 17 },
    ])
  })

  test('between confirmed lines alone it is larger', () => {
    const sure = confirm(song, song.sung[0]!.id)
    expect(neighbourhoodOf(sure, song.lines[3]!.id, 'confirmed').span).toEqual({ start: 3, end: 30 })
  })

  test('a line that was not heard lies between the lines of the text around it', () => {
    expect(neighbourhoodOf(song, song.lines[5]!.id, 'aligned').span).toEqual({ start: 10, end: 30 })
  })

  test('the answer changes nothing outside of it, and nothing that was confirmed', () => {
    const other = answered()
    for (const each of other.performance) {
      each.start_time += 0.4
      each.end_time += 0.4
    }
    const around = neighbourhoodOf(song, song.lines[1]!.id, 'aligned')
    const after = withAnswer(song, other, around)
    const starts = after.sung.map(({ start }) => start)
    expect(starts).toEqual([1, 3.4, 8, 11, 15])
    const sure = confirm(song, song.sung[1]!.id)
    expect(withAnswer(sure, other, around).sung.map(({ start }) => start)).toEqual([1, 3, 8, 11, 15])
  })
})

describe('the project file', () => {
  const project = {
    title: 'T',
    lyrics: 'L',
    language: 'en',
    audio: { name: 'a.mp3', sha256: 'ab' },
    song: moveEdge(song, song.sung[0]!.id, 'start', 1.25),
  }

  test('opens again as it was saved', () => {
    const text = projectText(project)
    expect(isProject(text)).toBe(true)
    expect(readProject(text)).toEqual(project)
  })

  test.each([
    ['no JSON', '{"kind": "sow-align-project"', 'expected JSON'],
    [
      'another version',
      projectText(project).replace('"version": 1', '"version": 2'),
      'version: expected 1, got 2',
    ],
    [
      'a line that is not there',
      projectText(project).replace('"line": 1,', '"line": 99,'),
      'expected the id of a line',
    ],
    [
      'a time before the start',
      projectText(project).replace('"start": 1.25', '"start": -1'),
      'expected a number of 0 or more',
    ],
  ])('what is none says why: %s', (_, text, why) => {
    expect(() => readProject(text)).toThrow(Failure)
    expect(() => readProject(text)).toThrow(why)
  })
})

describe('words', () => {
  test('signs of East Asia are words of their own, and signs stay with them', () => {
    expect(piecesOf('奇異恩典, how  sweet')).toEqual(['奇', '異', '恩', '典,', 'how', 'sweet'])
    expect(piecesOf("don't stop — now!")).toEqual(["don't", 'stop', 'now!'])
    expect(piecesOf('♪')).toEqual([])
  })

  test('new words share the time between those that stay', () => {
    const before = spread(['a', 'b', 'c'], { start: 0, end: 3 })
    const after = unitsAfterEdit('a x y c', before, { start: 0, end: 3 })
    expect(after.map(({ start }) => start)).toEqual([0, 1, 1.5, 2])
  })
})
