import { expect, test } from 'vitest'
import { given, madeLines, sing } from '../../test/made-song.ts'
import { gapScoresOf } from './gaps.ts'
import { keepOrder } from './keep-order.ts'
import { searchBetween } from './search-between.ts'
import { spell } from './spell.ts'
import { textLinesOf, type Visit } from './text-line.ts'
import type { Trellis } from './trellis.ts'

const HOP = 0.02

/** A sound, a text, and visits of its lines where they are said to be sung: line and place in the sound. */
function songOf(sung: readonly string[], text: readonly string[], places: readonly [number, number][]) {
  const { emissions, starts } = sing(sung)
  const { logProbs, frames, vocabulary } = emissions
  const { text: units } = given(text.join('\n'))
  const spelling = spell(units, vocabulary)
  const gapScores = gapScoresOf(emissions, spelling.tokens.length)
  const trellis: Trellis = { logProbs, frames, size: vocabulary.length, gapScores, ...spelling }
  const lines = textLinesOf(spelling, units)
  const frameOf = (place: number) => Math.round((starts[place] ?? frames * HOP) / HOP)
  const visits = places.flatMap(
    ([line, place]): Visit[] => searchBetween([lines[line]!], trellis, frameOf(place), frameOf(place + 1))!,
  )
  const onset = ({ first }: Visit) => first[0]! * HOP
  return { trellis, lines, visits, starts, onset }
}

const order = (visits: readonly Visit[]) => visits.map(({ line }) => line.index)

const [one, two, three, four] = madeLines(4, 1) as [string, string, string, string]
/** The line with its last syllable changed. */
const alike = (line: string) => `${line.slice(0, -2)}zu`

test('a line that was left out is put where one that resembles it was found once more', () => {
  const text = [one, two, three, alike(one), four]
  const { visits, lines, trellis, starts, onset } = songOf(text, text, [
    [0, 0],
    [1, 1],
    [2, 2],
    [0, 3],
    [4, 4],
  ])
  const kept = keepOrder(visits, lines, trellis)
  expect(order(kept)).toEqual([0, 1, 2, 3, 4])
  for (const [i, visit] of kept.entries()) expect(onset(visit)).toBeCloseTo(starts[i]!)
})

test('even where the copy fits a little better, the text has its order', () => {
  const text = [one, two, three, alike(one), four]
  const sung = [one, two, three, one, four]
  const { visits, lines, trellis } = songOf(sung, text, [
    [0, 0],
    [1, 1],
    [2, 2],
    [0, 3],
    [4, 4],
  ])
  expect(order(keepOrder(visits, lines, trellis))).toEqual([0, 1, 2, 3, 4])
})

test('a line of other words is not put where a repeat is sung', () => {
  const foreign = madeLines(1, 77)[0]!
  const text = [one, two, three, foreign, four]
  const { visits, lines, trellis } = songOf([one, two, three, one, four], text, [
    [0, 0],
    [1, 1],
    [2, 2],
    [0, 3],
    [4, 4],
  ])
  expect(keepOrder(visits, lines, trellis)).toEqual(visits)
})

test('where nothing is left out, or nothing is sung twice, all stays', () => {
  const text = [one, two, three]
  const all = songOf([one, two, three, one], text, [
    [0, 0],
    [1, 1],
    [2, 2],
    [0, 3],
  ])
  expect(keepOrder(all.visits, all.lines, all.trellis)).toEqual(all.visits)
  const once = songOf([one, three], text, [
    [0, 0],
    [2, 1],
  ])
  expect(keepOrder(once.visits, once.lines, once.trellis)).toEqual(once.visits)
})

test('visits never overlap and a place that is too short for the missing line keeps what was found', () => {
  const text = [one, two, three, madeLines(1, 8, 40)[0]!, four]
  const { visits, lines, trellis } = songOf([one, two, three, one, four], text, [
    [0, 0],
    [1, 1],
    [2, 2],
    [0, 3],
    [4, 4],
  ])
  const kept = keepOrder(visits, lines, trellis)
  expect(kept).toEqual(visits)
})

test('a search that is to end ends here as well', () => {
  const text = [one, two, three, alike(one), four]
  const { visits, lines, trellis } = songOf(text, text, [
    [0, 0],
    [1, 1],
    [2, 2],
    [0, 3],
    [4, 4],
  ])
  const checkpoint = () => {
    throw new Error('ended')
  }
  expect(() => keepOrder(visits, lines, { ...trellis, checkpoint })).toThrow('ended')
})
