/**
 * Shows what the costs of src/ctc/structure.ts do: `tune-structure.ts SONGS [MODEL]`. Songs with known times, with lyrics
 * that are changed in many ways, are searched with each cost lower and higher. By variant: lines within a second of where
 * they are sung, performance found (recall) and right (precision), lines that are not sung and found to be so.
 */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { wordsOf } from '../bench/trust/variants.ts'
import { JUMP_COSTS, type JumpCosts } from '../src/ctc/structure.ts'
import { searchSong } from '../src/engine/search.ts'
import { ownVisits } from '../src/quality/own-time.ts'
import { type Case, casesOf, hearSongs } from './trust/cases.ts'

const SEEDS = [1, 2]
const WITHIN = 1 // second
const ONSET_SHIFT = -0.03

const [
  ,
  ,
  folder,
  modelFolder = dirname(createRequire(import.meta.url).resolve('#embedded-model/manifest.json')),
] = process.argv
if (!folder) throw new Error('Expected: tune-structure.ts SONGS [MODEL]')
const cases = await casesOf(await hearSongs(folder, modelFolder), SEEDS)

type Count = {
  lines: number
  right: number
  sung: number
  recalled: number
  told: number
  precise: number
  absent: number
  unsung: number
}

console.log(`as they are: ${summary(JUMP_COSTS)}`)
for (const name of Object.keys(JUMP_COSTS) as (keyof JumpCosts)[]) {
  for (const factor of [0.75, 1.33]) {
    const costs = { ...JUMP_COSTS, [name]: JUMP_COSTS[name] * factor }
    console.log(`${name} ${costs[name].toFixed(2)}: ${summary(costs)}`)
  }
}

function summary(costs: JumpCosts): string {
  const counts = new Map<string, Count>()
  for (const each of cases) {
    const count = counts.get(each.variant) ?? {
      lines: 0,
      right: 0,
      sung: 0,
      recalled: 0,
      told: 0,
      precise: 0,
      absent: 0,
      unsung: 0,
    }
    counts.set(each.variant, count)
    add(count, each, costs)
  }
  const percent = (part: number, whole: number) => (whole > 0 ? ((100 * part) / whole).toFixed(1) : '-')
  return [...counts]
    .map(
      ([variant, c]) =>
        `${variant} ${percent(c.right, c.lines)} r${percent(c.recalled, c.sung)} p${percent(c.precise, c.told)}${c.absent ? ` u${percent(c.unsung, c.absent)}` : ''}`,
    )
    .join(' | ')
}

function add(count: Count, { given, lines, units, emissions, sung }: Case, costs: JumpCosts): void {
  const { found, confidences } = searchSong(emissions, lines, units, { structure: 'free', jumpCosts: costs })
  const starts = found.visits.map(({ first }) => first[0]! * emissions.hop + ONSET_SHIFT)
  const own = ownVisits(
    found.visits.map(({ line, first }, i) => ({ line: line.index, weight: confidences[i]! * first.length })),
  )
  given.forEach((line, i) => {
    const visit = own.get(i)
    if (line.starts.length === 0) {
      count.absent++
      if (visit === undefined) count.unsung++
      return
    }
    count.lines++
    if (visit !== undefined && line.starts.some((at) => Math.abs(at - starts[visit]!) <= WITHIN))
      count.right++
  })
  const texts = new Set(given.map(({ text }) => wordsOf(text)))
  const asked = sung.filter(({ words }) => texts.has(words))
  const told = found.visits.map(({ line }, i) => ({
    words: wordsOf(given[line.index]!.text),
    start: starts[i]!,
  }))
  count.sung += asked.length
  count.recalled += asked.filter((each) => isIn(each, told)).length
  count.told += told.length
  count.precise += told.filter((each) => isIn(each, asked)).length
}

type Sung = { words: string; start: number }

function isIn({ words, start }: Sung, list: readonly Sung[]): boolean {
  return list.some((each) => each.words === words && Math.abs(each.start - start) <= WITHIN)
}
