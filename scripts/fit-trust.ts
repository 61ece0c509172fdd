/**
 * Finds the weights of src/quality/confidence.ts: `fit-trust.ts SONGS [MODEL]`. Songs with known times, with lyrics that
 * are changed in many ways, are searched; every visit is right where its words are sung within a second. Prints the weights,
 * and how well confidences hold on songs that were left out of the fit (reliability, precision and recall).
 */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { wordsOf } from '../bench/trust/variants.ts'
import { searchInSteps } from '../src/engine/search.ts'
import { FEATURES, type Features } from '../src/quality/features.ts'
import { type Case, casesOf, hearSongs } from './trust/cases.ts'
import { fitLogistic, probability } from './trust/logistic.ts'

const SEEDS = [1, 2, 3]
const RIGHT_WITHIN = 1 // second
const RIDGE = 10
const ONSET_SHIFT = -0.03

const [
  ,
  ,
  folder,
  modelFolder = dirname(createRequire(import.meta.url).resolve('#embedded-model/manifest.json')),
] = process.argv
if (!folder) throw new Error('Expected: fit-trust.ts SONGS [MODEL]')

type Row = { song: string; variant: string; input: number[]; right: boolean }

const rows: Row[] = []
for (const each of await casesOf(await hearSongs(folder, modelFolder), SEEDS)) rows.push(...rowsOf(each))

function rowsOf({ variant, song, given, lines, units, emissions, sung }: Case): Row[] {
  // Before anything is left out, with and without what is sung in gaps: what the weights are to tell apart.
  const steps = [...searchInSteps(emissions, lines, units, { structure: 'free' })]
  const filled = steps.find(({ found }) => found.visits.some(({ added }) => added))
  return [steps[0]!, ...(filled ? [filled] : [])].flatMap(({ found, features }, step) =>
    found.visits.flatMap(({ line, first, added }, i) => {
      if (step > 0 && !added) return []
      const start = first[0]! * emissions.hop + ONSET_SHIFT
      const { text, starts } = given[line.index]!
      const places = [...starts, ...sung.filter(({ words }) => words === wordsOf(text)).map((at) => at.start)]
      return {
        song,
        variant,
        input: inputOf(features[i]!),
        right: places.some((at) => Math.abs(at - start) <= RIGHT_WITHIN),
      }
    }),
  )
}

function inputOf(features: Features): number[] {
  return FEATURES.map((name) => features[name])
}

const all = fitLogistic(
  rows.map(({ input }) => input),
  rows.map(({ right }) => right),
  RIDGE,
)
console.log(`constant: ${all.constant.toFixed(3)},`)
for (const [k, name] of FEATURES.entries()) console.log(`${name}: ${all.weights[k]!.toFixed(3)},`)

// Each song is judged by weights that were found without it.
const judged = [...new Set(rows.map(({ song }) => song))].flatMap((left) => {
  const others = rows.filter(({ song }) => song !== left)
  const weights = fitLogistic(
    others.map(({ input }) => input),
    others.map(({ right }) => right),
    RIDGE,
  )
  return rows
    .filter(({ song }) => song === left)
    .map((row) => ({ ...row, confidence: probability(weights, row.input) }))
})
console.log(
  `\n${rows.length} visits, ${rows.filter(({ right }) => !right).length} wrong; left out of the fit:`,
)
for (let from = 0; from < 1; from += 0.1) {
  const bin = judged.filter(({ confidence }) => confidence >= from && confidence < from + 0.1)
  if (bin.length === 0) continue
  const mean = bin.reduce((sum, { confidence }) => sum + confidence, 0) / bin.length
  const right = bin.filter((row) => row.right).length / bin.length
  console.log(`confidence ${mean.toFixed(2)}: right ${right.toFixed(2)} of ${bin.length}`)
}
for (const least of [0.5, 0.7, 0.8, 0.85, 0.9, 0.95]) {
  const kept = judged.filter(({ confidence }) => confidence >= least)
  const share = kept.filter(({ right }) => right).length / judged.filter(({ right }) => right).length
  const wrong = kept.filter(({ right }) => !right).length / kept.length
  console.log(
    `from ${least}: ${(100 * share).toFixed(1)} % of the right ones, ${(100 * wrong).toFixed(2)} % of these wrong`,
  )
}
