import fc from 'fast-check'
import { expect, test } from 'vitest'
import { patternsOf, productFiles } from '../../test/patterns-of-source.ts'
import { detectLanguage } from './language.ts'
import { isMarker, timesOf, withoutMarkers } from './markers.ts'
import { movementOf } from './movement.ts'
import { parseLyrics } from './parse.ts'
import { romanize } from './romanize.ts'
import { unitsOf } from './units.ts'

/** What once took the square of its length or more, and what reads like it. */
const KNOWN = [
  ...[
    '1절 ,',
    '<rp ',
    '<rp',
    '<rt>',
    '\u0301\u0316',
    'ﾞ\u0301',
    'ʼ',
    "'",
    'っ語',
    '語っ',
    'ー',
    '御',
    '々',
    '主(しゅ)',
  ],
  ...[
    '[00:',
    '[00:12.34]',
    '<00:12.34>',
    '(x2)',
    '(',
    '[',
    '{',
    '[G]',
    ' ',
    '\t',
    '\u3000',
    '\u200d',
    '\ud800',
    '🙏',
  ],
  ...[
    '漢',
    '한',
    'あ',
    'ア',
    'a',
    'é',
    'ß',
    'Я',
    '½',
    '1,',
    '1.',
    '$1',
    '1st',
    '%',
    '&',
    'ﷺ',
    '男：',
    '-',
    '_',
    '.',
  ],
]

/** The words and characters of every alternative of every pattern. */
function piecesOfPatterns(): string[] {
  const { patterns } = patternsOf(productFiles().filter((file) => file.includes('lyrics')))
  const pieces = patterns.flatMap(({ source }) =>
    source.replace(/\\[pPdDsSwWbBuU](?:\{[^{}]*\}|[0-9a-f]{4})?/g, '\n').split(/[\\^$.*+?()[\]{}|\n]+/),
  )
  return [...new Set([...KNOWN, ...pieces])].filter((piece) => piece !== '')
}

const PIECES = piecesOfPatterns()

/** All that is done with lyrics before any sound. */
function read(lyrics: string, language: string): number {
  const lines = parseLyrics(lyrics)
  const units = unitsOf(lines, language || detectLanguage(lines))
  return units.length + movementOf(lines).sections.size
}

function secondsOf(work: () => unknown): number {
  const start = performance.now()
  work()
  return (performance.now() - start) / 1000
}

/**
 * How many times as long eight times the work takes, or so many times as `times` says, brought to eight. What grows with
 * the square takes 64 times; a pause of the machine or of
 * its memory counts once, so the least of some tries says what the work itself is.
 */
const TIMES = 8
const MOST = 32
function growthOf(small: () => unknown, large: () => unknown, times = TIMES): number {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let tries = 0; tries < 20; tries++) {
    least = Math.min(least, secondsOf(small))
    most = Math.min(most, secondsOf(large))
    // a quarter of a millisecond is what the clock and the first call of a function take
    if (most / Math.max(least, 0.000_25) <= (MOST * times) / TIMES) break
  }
  return (most / Math.max(least, 0.000_25) / times) * TIMES
}

const repeated = (piece: string, length: number) => piece.repeat(Math.ceil(length / piece.length))

test('a line of any piece of any pattern, again and again, is read in linear time', {
  timeout: 300_000,
}, () => {
  expect(PIECES.length).toBeGreaterThan(200)
  for (const language of ['ja', 'zh', 'yue', 'ko', 'en', 'ru'])
    read('主の御名 愛 한글 love 1 $5 50% 1st', language)
  for (const piece of PIECES) {
    const line = (length: number) => `a${repeated(piece, length)}!`
    const growth = growthOf(
      () => read(line(1_250), ''),
      () => read(line(1_250 * TIMES), ''),
    )
    expect({ piece, linear: growth <= MOST, growth: growth > MOST ? growth : '' }).toMatchObject({
      linear: true,
    })
  }
})

test('pieces in any order and language, in one line or many, are read in linear time', {
  timeout: 300_000,
}, () => {
  const piece = fc.oneof(
    fc.constantFrom(...KNOWN),
    fc.constantFrom(...PIECES),
    fc.string({ unit: 'binary', maxLength: 3 }),
  )
  const text = fc.record({
    before: fc.array(piece, { maxLength: 2 }),
    again: fc.array(piece, { minLength: 1, maxLength: 3 }),
    next: fc.array(piece, { maxLength: 2 }),
    after: fc.array(piece, { maxLength: 2 }),
    line: fc.constantFrom(0, 40, 2_000),
    language: fc.constantFrom('', 'ja', 'zh', 'yue', 'ko', 'en', 'de', 'ru'),
  })
  fc.assert(
    fc.property(text, ({ before, again, next, after, line, language }) => {
      const lyrics = (length: number) => {
        const body = repeated(again.join('') || 'a', length) + repeated(next.join('') || 'b', length)
        const whole = before.join('') + body + after.join('')
        return line === 0
          ? whole
          : whole
              .replaceAll(/[\r\n]/g, '')
              .match(new RegExp(`.{1,${line}}`, 'gs'))!
              .join('\n')
      }
      const [small, large] = [lyrics(1_250), lyrics(1_250 * TIMES)]
      const growth = growthOf(
        () => read(small, language),
        () => read(large, language),
      )
      expect(growth).toBeLessThanOrEqual(MOST)
    }),
    { numRuns: 150, seed: 61 },
  )
})

test.each(KNOWN)(
  'a megabyte of %j takes about a hundred times as long as 10 kB',
  { timeout: 120_000 },
  (piece) => {
    for (const work of [(text: string) => parseLyrics(text), withoutMarkers, isMarker, timesOf]) {
      const [small, large] = [repeated(piece, 10_000), repeated(piece, 1_000_000)]
      const growth = growthOf(
        () => work(small),
        () => work(large),
      )
      expect(growth / 100).toBeLessThanOrEqual(MOST)
    }
  },
)

test('letters between readings are found without trying again', () => {
  // fifty kanji with a double consonant each took longer than anybody waited
  for (const count of [50, 500, 5_000]) {
    expect(romanize('っ語'.repeat(count), 'ja').length).toBeGreaterThan(count)
  }
})
