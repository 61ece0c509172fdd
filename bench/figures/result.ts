import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Origin } from './origin.ts'
import { PROJECT } from './project.ts'
import { median } from './statistics.ts'

export const BENCHES = [
  'speed',
  'accuracy',
  'http',
  'capacity',
  'realign',
  'model',
  'peers',
  'before',
] as const
export type Bench = (typeof BENCHES)[number]

/** Those of docs/RELIABILITY.md, and of docs/structure.md. */
export const TRIALS = ['isolation', 'soak', 'chaos', 'trust'] as const
export type Trial = (typeof TRIALS)[number]

/** What was varied, by name: { runtime: 'node', threads: 2, seconds: 240 }. */
export type Variant = Record<string, string | number>

/** s: seconds; ms: milliseconds; MB: 10^6 bytes; share: from 0 to 1. */
export type Unit = 's' | 'ms' | 'MB' | 'share' | 'per hour' | 'factor' | 'count'

/** One thing measured for one variant, once for each run in a fresh process. */
export type Measurement = {
  at: Variant
  metric: string
  unit: Unit
  better: 'lower' | 'higher'
  values: number[]
}

/** What a bench writes to results/NAME.json. */
export type Result = {
  bench: Bench
  /** Whether this was the short form, whose figures are only a sign that the bench works. */
  quick: boolean
  origin: Origin
  /** Sentences that a reader of the figures must know. */
  notes: string[]
  measurements: Measurement[]
}

export type TrialResult = Omit<Result, 'bench'> & { bench: Trial }

/** Adds a value to the measurement of its variant and metric, which is made where there is none. */
export function record(
  measurements: Measurement[],
  at: Variant,
  metric: string,
  value: number,
  unit: Unit,
  better: Measurement['better'] = 'lower',
): void {
  const key = keyOf({ at, metric })
  const known = measurements.find((each) => keyOf(each) === key)
  if (known) known.values.push(value)
  else measurements.push({ at, metric, unit, better, values: [value] })
}

/** The same for the same variant and metric, in whatever order the names stand. */
export function keyOf({ at, metric }: Pick<Measurement, 'at' | 'metric'>): string {
  const names = Object.keys(at).sort()
  return [...names.map((name) => `${name}=${at[name]}`), metric].join(' ')
}

/** What figures are looked for in. */
type HasMeasurements = { measurements: readonly Measurement[] }

/** The measurements of a metric whose variant has the given values. */
export function select({ measurements }: HasMeasurements, metric: string, at: Variant = {}): Measurement[] {
  const fits = (variant: Variant) => Object.entries(at).every(([name, value]) => variant[name] === value)
  return measurements.filter((each) => each.metric === metric && fits(each.at))
}

/** The median of the one measurement that fits; undefined where none does. */
export function value(result: HasMeasurements, metric: string, at: Variant = {}): number | undefined {
  const found = select(result, metric, at)[0]
  return found && median(found.values)
}

const RESULTS = join(PROJECT, 'bench', 'results')

/**
 * Quick results are kept out of the repository by their name.
 * @param way what was varied, where every way has a result of its own
 */
export function resultFile(bench: Bench | Trial, quick: boolean, way = ''): string {
  return join(RESULTS, `${bench}${way && `-${way}`}${quick ? '.quick.local' : ''}.json`)
}

export function writeResult(
  result: Result | TrialResult,
  file = resultFile(result.bench, result.quick),
): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`)
  console.log(`\nwritten: ${file}`)
}

export function readResult(file: string): Result {
  const result: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (isResult(result)) return result
  throw new Error(`Expected a result of a bench (${BENCHES.join(', ')}) in ${file}, got something else`)
}

export function isResult(value: unknown): value is Result {
  return hasFigures(value, BENCHES)
}

export function isTrialResult(value: unknown): value is TrialResult {
  return hasFigures(value, TRIALS)
}

function hasFigures(value: unknown, benches: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { bench, measurements } = value as Partial<Result>
  return bench !== undefined && benches.includes(bench) && Array.isArray(measurements)
}
