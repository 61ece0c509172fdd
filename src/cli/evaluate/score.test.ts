import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { canRun } from '../../../test/run-cli.ts'
import { type Figures, isLost, meanFigures, type Prediction, type Reference, score } from './score.ts'

const reference: Reference = {
  set: 'made',
  lines: [
    {
      text: 'Be still',
      start: 1,
      end: 3,
      words: [
        [1, 1.5, 'Be'],
        [2, 3, 'still'],
      ],
    },
    {
      text: 'and know',
      start: 4,
      end: 6,
      words: [
        [4, 4.5, 'and'],
        [5, 6, 'know'],
      ],
    },
  ],
}

describe('score', () => {
  test('a perfect prediction has no error', () => {
    const words = reference.lines.flatMap((line) => line.words)
    expect(score(reference, { words })).toEqual({
      words: { mean: 0, median: 0, within300ms: 1, within1s: 1 },
      lines: { mean: 0, median: 0, within300ms: 1, within1s: 1 },
      lineErrors: [0, 0],
      lettersMissing: 0,
    })
  })

  test('words are found by counting letters, however they are cut, accented or spelt in capitals', () => {
    const { lineErrors, words } = score(reference, {
      words: [
        [1.2, 3.2, 'BÉSTILL!'],
        [4, 4.3, 'an'],
        [4.4, 4.5, 'd'],
        [7, 8, '“know”'],
      ],
    })
    expect(lineErrors[0]).toBeCloseTo(0.2)
    expect(lineErrors[1]).toBe(0)
    // "still" starts two of seven letters into the two seconds of its word, "know" two seconds late.
    expect(words!.mean).toBeCloseTo((0.2 + Math.abs(1.2 + (2 * 2) / 7 - 2) + 0 + 2) / 4)
    expect(words).toMatchObject({ within300ms: 3 / 4, within1s: 3 / 4 })
  })

  test('lines are compared by index where the prediction has no words', () => {
    const { lineErrors, lines, words } = score(reference, {
      lines: [
        [0.5, 1, 'x'],
        [10, 11, 'y'],
      ],
    })
    expect(lineErrors).toEqual([-0.5, 6])
    expect(lines).toEqual({ mean: 3.25, median: 3.25, within300ms: 0, within1s: 0.5 })
    expect(words).toBeUndefined()
  })

  test('a prediction that lacks letters is told of', () => {
    expect(score(reference, { words: [[1, 2, 'Be']] }).lettersMissing).toBe('bestillandknow'.length - 2)
  })
})

const SONGS = fileURLToPath(new URL('../../../../shared/songs', import.meta.url))
const missing = !existsSync(join(SONGS, 'score.py')) || !canRun('python3')

describe('against the scoring script of the songs', () => {
  test.skipIf(missing)(
    `the figures of every song and set are the same${missing ? ' (needs ../shared/songs and python3)' : ''}`,
    () => {
      const names = readdirSync(SONGS)
        .filter((name) => name.endsWith('.json'))
        .sort()
      const folder = mkdtempSync(join(tmpdir(), 'sow-align-score-'))
      const scored = names.map((name, i) => {
        const song: Reference = JSON.parse(readFileSync(join(SONGS, name), 'utf8'))
        const prediction = wander(song, i)
        writeFileSync(join(folder, name), JSON.stringify({ ...prediction, ms: 0 }))
        return { set: song.set, ...score(song, prediction) }
      })
      const printed = execFileSync('python3', [join(SONGS, 'score.py'), SONGS, folder], { encoding: 'utf8' })
      const rows = printed.trimEnd().split('\n').slice(1)
      const songs = rows.filter((row) => !row.startsWith('MEAN '))
      expect(songs.map(figuresIn)).toEqual(scored.map(({ words, lines }) => rounded(words, lines)))
      for (const row of rows.filter((each) => each.startsWith('MEAN '))) {
        const members = scored.filter(({ set }) => row.startsWith(`MEAN ${set} (`))
        const words = members.flatMap((song) => song.words ?? [])
        const wordMeans = words.length > 0 ? meanFigures(words) : undefined
        expect(figuresIn(row)).toEqual(rounded(wordMeans, meanFigures(members.map(({ lines }) => lines))))
        expect(row).toMatch(new RegExp(`lost ${members.filter(isLost).length}$`))
      }
    },
  )
})

/** The true times, moved by some seconds that differ from place to place; every third song by lines alone. */
function wander({ lines }: Reference, song: number): Prediction {
  const moved = (time: number, place: number) =>
    time + Math.sin(place * 1.7 + song) * (song % 4 === 3 ? 20 : 0.8)
  if (song % 3 === 2) {
    return { lines: lines.map(({ start, end, text }, i) => [moved(start, i), end, text]) }
  }
  return {
    words: lines.flatMap((line, i) =>
      line.words.map(([start, end, text], k): [number, number, string] => [moved(start, i + k), end, text]),
    ),
  }
}

/** The eight (or, without words, four) figures of a printed row. */
function figuresIn(row: string): string[] {
  const [words, lines] = row.slice(46).split('|')
  return [...words!.trim().split(/\s+/), ...lines!.trim().split(/\s+/).slice(0, 4)].filter(
    (text) => text !== '',
  )
}

function rounded(words: Figures | undefined, lines: Figures): string[] {
  const digits = ({ mean, median, within300ms, within1s }: Figures) => [
    mean.toFixed(2),
    median.toFixed(2),
    within300ms.toFixed(3),
    within1s.toFixed(3),
  ]
  return [...(words ? digits(words) : []), ...digits(lines)]
}
