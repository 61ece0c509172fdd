import { table } from './markdown.ts'

/** What is read of a result of a bench: bench/figures/result.ts writes it. */
type BenchResult = {
  bench: string
  origin: { machine: { cpu: string; cores: number }; model: { name: string; version: string } }
  notes: string[]
  measurements: { at: Record<string, string | number>; metric: string; unit: string; values: number[] }[]
}

/** A table for every result of the benches in bench/results, but for accuracy: that one has its own section. */
export function benchTables(results: Map<string, unknown>): string {
  const benches = [...results.values()].filter(isBenchResult).filter(({ bench }) => bench !== 'accuracy')
  if (benches.length === 0) return 'No figures are kept yet: `npm run bench:speed`'
  return benches.map(section).join('\n\n')
}

function isBenchResult(value: unknown): value is BenchResult {
  return typeof value === 'object' && value !== null && 'bench' in value && 'measurements' in value
}

function section({ bench, origin, notes, measurements }: BenchResult): string {
  const rows = measurements.map(({ at, metric, unit, values }) => [metric, variant(at), figure(values, unit)])
  const { machine, model } = origin
  const about = `${model.name} ${model.version} on ${machine.cpu}, ${machine.cores} cores; \`npm run bench:${bench}\`. ${notes.join(' ')}`
  return `${table([bench, 'with', 'median'], rows)}\n\n${about.trim()}`
}

function variant(at: Record<string, string | number>): string {
  return Object.entries(at)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

function figure(values: readonly number[], unit: string): string {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.floor(sorted.length / 2)]!) / 2
  const digits = Math.abs(middle) < 10 ? 3 : 0
  return unit === 'share'
    ? `${(100 * middle).toFixed(0)} %`
    : `${middle.toFixed(digits)} ${unit === 'factor' || unit === 'count' ? '' : unit}`.trim()
}
