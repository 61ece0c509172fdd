import fc from 'fast-check'
import { expect, test } from 'vitest'
import { alignSound, HOP, madeLines, type Sound, sing } from '../../test/made-song.ts'
import { AlignError } from '../errors.ts'
import type { Structure } from '../types.ts'

type Answer = ReturnType<typeof alignSound>

const VERSES = madeLines(12, 1)
const [verse1, chorus, verse2] = [VERSES.slice(0, 4), VERSES.slice(4, 8), VERSES.slice(8, 12)]
/** Lines that are in no text. */
const FOREIGN = madeLines(4, 99)

/** A letter begins in the frame that it is heard in. */
const TOLERANCE = 1.5 * HOP

function expectTimes(found: readonly { start: number }[], starts: readonly number[]): void {
  expect(found).toHaveLength(starts.length)
  for (const [i, { start }] of found.entries())
    expect(Math.abs(start - starts[i]!)).toBeLessThanOrEqual(TOLERANCE)
}

/** The end of the last line is written, so that a blank one at the end is a line. */
const lyricsOf = (written: readonly string[]) => written.map((line) => `${line}\n`).join('')

/** What holds of every answer, whatever is sung and written. */
function expectWhole(
  { lines, performance, verdict }: Answer,
  written: readonly string[],
  sound: Sound,
): void {
  expect(lines.map(({ text }) => text)).toEqual(written)
  let now = 0
  for (const { start, end } of performance) {
    expect(start).toBeGreaterThanOrEqual(now)
    expect(end).toBeGreaterThanOrEqual(start)
    expect(end).toBeLessThanOrEqual(sound.duration + 1e-9)
    now = end
  }
  const timeOf = ({ start, end, confidence }: { start: number; end: number; confidence: number }) => ({
    start,
    end,
    confidence,
  })
  lines.forEach(({ occurrences, status, start, end, confidence }, index) => {
    const own = performance.filter(({ line }) => line === index)
    expect(occurrences.map(timeOf)).toEqual(own.map(timeOf))
    expect(end).toBeGreaterThanOrEqual(start)
    if (status === 'aligned' || status === 'suspect')
      expect(own.map(timeOf)).toContainEqual({ start, end, confidence })
    else expect(own).toEqual([])
    if (confidence !== null) expect(confidence >= 0 && confidence <= 1).toBe(true)
  })
  expect(performance).toHaveLength(lines.reduce((sum, { occurrences }) => sum + occurrences.length, 0))
  expect(verdict.sung >= 0 && verdict.sung <= 1).toBe(true)
}

function answerOf(sung: readonly string[], written: readonly string[], structure: Structure = 'free') {
  const sound = sing(sung)
  const answer = alignSound(sound, written.join('\n'), { structure })
  expectWhole(answer, written, sound)
  return { ...answer, starts: sound.starts }
}

const statuses = ({ lines }: Pick<Answer, 'lines'>) => lines.map(({ status }) => status)

test.each<Structure>(['free', 'strict'])(
  '%s: an exact text has every line once, in order, in its place',
  (structure) => {
    const { lines, performance, starts, verdict } = answerOf(VERSES, VERSES, structure)
    expect(performance.map(({ line }) => line)).toEqual(VERSES.map((_, i) => i))
    expectTimes(lines, starts)
    expect(verdict).toMatchObject({ level: 'good', alignedLines: VERSES.length, reasons: [] })
  },
)

test('a chorus that is written once and sung three times has three occurrences of each of its lines', () => {
  const sung = [...verse1, ...chorus, ...verse2, ...chorus, ...chorus]
  const { lines, starts } = answerOf(sung, [...verse1, '', ...chorus, '', ...verse2])
  chorus.forEach((_, i) => {
    const line = lines[verse1.length + 1 + i]!
    expectTimes(line.occurrences, [starts[4 + i]!, starts[12 + i]!, starts[16 + i]!])
    expect(line.status).toBe('aligned')
    // The line's own time keeps the order of the text.
    expectTimes([line], [starts[4 + i]!])
  })
})

test('a line of some length that is written once and sung three times in a row has three occurrences', () => {
  const long = madeLines(1, 6, 12)[0]!
  const sung = [...verse1, long, long, long, ...verse2]
  const { lines, starts } = answerOf(sung, [...verse1, long, ...verse2])
  expectTimes(lines[4]!.occurrences, [starts[4]!, starts[5]!, starts[6]!])
})

test('a hook of two words that is sung after every line and written once has all its occurrences', () => {
  const hook = madeLines(1, 6, 2)[0]!
  const sung = verse1.flatMap((line) => [line, hook])
  const { lines, performance, starts } = answerOf(sung, [verse1[0]!, hook, ...verse1.slice(1)])
  expectTimes(lines[1]!.occurrences, [starts[1]!, starts[3]!, starts[5]!, starts[7]!])
  expectTimes(performance, starts)
})

test('a hook that is sung before the first line and after the last one, and written between, is found there', () => {
  const hook = madeLines(1, 6, 2)[0]!
  const { lines, starts } = answerOf([hook, ...verse1, hook, ...verse2, hook], [...verse1, hook, ...verse2])
  expectTimes(lines[4]!.occurrences, [starts[0]!, starts[5]!, starts[10]!])
})

test('words between lines that are in no line are not taken for a line', () => {
  const [other] = madeLines(1, 77, 2)
  const hook = madeLines(1, 6, 2)[0]!
  const { lines, extra, starts } = answerOf(
    [...verse1, hook, ...verse2.flatMap((line) => [line, other!])],
    [...verse1, hook, ...verse2],
  )
  expectTimes(lines[4]!.occurrences, [starts[4]!])
  expect(extra).toEqual([])
})

test('a verse that is not sung is unsung, and the lines around it stay in their places', () => {
  const { lines, performance, verdict, starts } = answerOf([...verse1, ...verse2], VERSES)
  expect(statuses({ lines })).toEqual([
    ...verse1.map(() => 'aligned'),
    ...chorus.map(() => 'unsung'),
    ...verse2.map(() => 'aligned'),
  ])
  expectTimes(performance, starts)
  expect(verdict.sung).toBeCloseTo(2 / 3)
})

test('verses that are sung in another order have their true times', () => {
  const { lines, performance, starts } = answerOf([...verse1, ...verse2, ...chorus], VERSES)
  expectTimes(performance, starts)
  expect(performance.map(({ line }) => line)).toEqual([0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7])
  expectTimes(lines, [...starts.slice(0, 4), ...starts.slice(8), ...starts.slice(4, 8)])
})

test('a verse of another song in the text is unsung', () => {
  const { lines, performance, starts } = answerOf(VERSES, [...verse1, ...FOREIGN, ...chorus, ...verse2])
  expect(statuses({ lines }).slice(4, 8)).toEqual(FOREIGN.map(() => 'unsung'))
  expectTimes(performance, starts)
})

test('a verse that is sung and not written is extra singing, and in no line', () => {
  const sung = [...verse1, ...FOREIGN, ...verse2]
  const { performance, extra, verdict, starts } = answerOf(sung, [...verse1, ...verse2])
  expectTimes(performance, [...starts.slice(0, 4), ...starts.slice(8)])
  expectTimes(extra, starts.slice(4, 8))
  expect(verdict.covered).toBeCloseTo(2 / 3, 1)
})

test('strict: each line has one occurrence at most, in order, whatever is sung', () => {
  const sung = [...chorus, ...verse2, ...chorus, ...verse1]
  const { lines, performance } = answerOf(sung, VERSES, 'strict')
  expect(performance.map(({ line }) => line)).toEqual(VERSES.map((_, i) => i))
  for (const { occurrences } of lines) expect(occurrences).toHaveLength(1)
})

test('a text that has nothing to do with the sound is never good, nearly always unreliable, and hardly a line aligned', () => {
  const songs = Array.from({ length: 20 }, (_, i) => answerOf(madeLines(8, 500 + i), VERSES).verdict)
  const levels = songs.map(({ level }) => level)
  expect(levels).not.toContain('good')
  // All made words are of the same few letters, so now and then two lines sound alike by chance.
  expect(levels.filter((level) => level === 'unreliable').length).toBeGreaterThanOrEqual(17)
  const aligned = songs.reduce((sum, { alignedLines }) => sum + alignedLines, 0)
  expect(aligned / (songs.length * VERSES.length)).toBeLessThan(1 / 12)
})

test('strict: lines that are not sung between lines that are, are not aligned', () => {
  const written = [...verse1, ...FOREIGN, ...chorus, ...verse2]
  const { lines } = answerOf(VERSES, written, 'strict')
  expect(statuses({ lines }).slice(4, 8)).not.toContain('aligned')
})

test('whatever is sung and written: nothing is lost, nothing overlaps, every occurrence is performed once', () => {
  const block = fc.constantFrom(verse1, chorus, verse2, FOREIGN, chorus.slice(0, 1), verse2.slice(1, 3))
  const other = fc.constantFrom([''], ['[Chorus]'], ['♪'], [...verse1], [...chorus], [verse2[0]!])
  fc.assert(
    fc.property(
      fc.array(block, { minLength: 1, maxLength: 5 }),
      fc.array(fc.oneof(block, other), { maxLength: 5 }),
      fc.constantFrom<Structure>('free', 'strict'),
      fc.double({ min: 0.2, max: 0.99, noNaN: true }),
      (sung, more, structure, certainty) => {
        const written = [...verse1.slice(0, 2), ...more.flat()]
        const sound = sing(sung.flat(), { certainty, pause: 40 })
        // A strict text has to fit in.
        const letters = written.join('').length
        fc.pre(structure === 'free' || sound.emissions.frames > 2 * letters)
        expectWhole(alignSound(sound, lyricsOf(written), { structure }), written, sound)
      },
    ),
    { numRuns: 100 },
  )
})

test('the same song twice gives the same answer', () => {
  const sound = sing([...verse1, ...chorus, ...verse1])
  const lyrics = VERSES.join('\n')
  expect(alignSound(sound, lyrics)).toEqual(alignSound(sound, lyrics))
})

test('a checkpoint that throws ends the search wherever it is', () => {
  const sound = sing([...verse1, ...chorus, ...verse2, ...chorus])
  let calls = 0
  alignSound(sound, VERSES.join('\n'), { checkpoint: () => calls++ })
  expect(calls).toBeGreaterThan(10)
  for (const last of [1, 2, calls >> 1, calls]) {
    let asked = 0
    const checkpoint = () => {
      asked++
      if (asked === last) throw new AlignError('CANCELLED', 'The alignment was cancelled')
    }
    const work = () => alignSound(sound, VERSES.join('\n'), { checkpoint })
    expect(work).toThrow(expect.objectContaining({ code: 'CANCELLED' }))
    expect(asked).toBe(last)
  }
})

/** How often the search asked whether to go on: once in 32 frames of every search, so it counts work, not time. */
function stepsOf(sound: Sound, lyrics: string): { answer: Answer; steps: number } {
  let steps = 0
  const answer = alignSound(sound, lyrics, { checkpoint: () => steps++ })
  return { answer, steps }
}

/** One search over the sound, and as many again for each decoy, and a few in places. */
const boundOf = ({ emissions }: Sound, searches: number) => searches * Math.ceil(emissions.frames / 32)

test('one line for the whole song is one line', () => {
  const { lines, starts } = answerOf(VERSES, [VERSES.join(' ')])
  expect(lines[0]).toMatchObject({ status: 'aligned', occurrences: [expect.anything()] })
  expectTimes(lines, starts.slice(0, 1))
})

test('a line that is written 200 times and sung 200 times has each in its place', () => {
  const written = new Array<string>(200).fill(VERSES[0]!)
  const { lines, starts } = answerOf(written, written)
  expectTimes(lines, starts)
})

test('a line that is written 200 times and sung 60 times is performed 60 times, in bounded work', () => {
  const written = new Array<string>(200).fill(VERSES[0]!)
  const sound = sing(written.slice(0, 60))
  const { answer, steps } = stepsOf(sound, written.join('\n'))
  expectWhole(answer, written, sound)
  expectTimes(answer.performance, sound.starts)
  expect(steps).toBeLessThan(boundOf(sound, 40))
})

test('of 3,000 lines of which 20 are sung, those are found, in bounded work', () => {
  const written = madeLines(3000, 7)
  const sound = sing(written.slice(1000, 1020))
  const { answer, steps } = stepsOf(sound, written.join('\n'))
  expectWhole(answer, written, sound)
  expect(answer.performance.map(({ line }) => line)).toEqual(Array.from({ length: 20 }, (_, i) => 1000 + i))
  expectTimes(answer.performance, sound.starts)
  expect(answer.verdict.level).not.toBe('good')
  expect(steps).toBeLessThan(boundOf(sound, 40))
})

test('one word that is sung is found, one that is not is not called good', () => {
  const word = VERSES[3]!.split(' ')[1]!
  const { lines, starts } = answerOf(VERSES, [word])
  expectTimes(lines, [starts[3]! + 16 * HOP])
  expect(answerOf(VERSES, ['zyxwvu']).verdict.level).not.toBe('good')
})

test('a sound that has no numbers in it is refused, not answered', () => {
  for (const structure of ['free', 'strict'] as const) {
    const sound = sing(verse1)
    sound.emissions.logProbs.fill(Number.NaN)
    expect(() => alignSound(sound, verse1.join('\n'), { structure })).toThrow(
      expect.objectContaining({ code: 'ALIGNMENT_FAILED' }),
    )
  }
})

test('a recording of a frame is answered with all lines unsung', () => {
  const sound = sing([], { pause: 1 })
  const answer = alignSound(sound, VERSES.join('\n'))
  expectWhole(answer, VERSES, sound)
  expect(new Set(statuses(answer))).toEqual(new Set(['unsung']))
})
