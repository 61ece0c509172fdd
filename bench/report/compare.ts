import { keyOf, type Measurement, type Result } from '../figures/result.ts'
import { median } from '../figures/statistics.ts'

/** A measurement in two results. `ratio` is new to old; `spread` that of the noise of both, as ratios from 1. */
export type Comparison = {
  key: string
  unit: Measurement['unit']
  before: number
  after: number
  ratio: number
  spread: [low: number, high: number]
  change: 'better' | 'worse' | 'same'
}

// Below this, a change is noise even where every run gave the same.
const SMALLEST_CHANGE = 0.05

/**
 * Compares what both results measured. A change counts when the ratio of the medians is off by more than 5 % and the
 * ranges of the runs do not overlap; single runs have no range, so for them the ratio decides alone.
 */
export function compareResults(before: Result, after: Result): Comparison[] {
  const known = new Map(before.measurements.map((measurement) => [keyOf(measurement), measurement]))
  return after.measurements.flatMap((now) => {
    const then = known.get(keyOf(now))
    return then ? [compare(then, now)] : []
  })
}

function compare(then: Measurement, now: Measurement): Comparison {
  const [before, after] = [median(then.values), median(now.values)]
  const ratio = before === 0 && after === 0 ? 1 : after / before
  const spread: [number, number] = [
    Math.min(...now.values) / Math.max(...then.values),
    Math.max(...now.values) / Math.min(...then.values),
  ]
  const apart = spread[0] > 1 || spread[1] < 1
  const changed = apart && Math.abs(ratio - 1) > SMALLEST_CHANGE
  const better = ratio < 1 === (now.better === 'lower')
  const change = changed ? (better ? 'better' : 'worse') : 'same'
  return { key: keyOf(now), unit: now.unit, before, after, ratio, spread, change }
}

/** Why two results should not be compared; empty when they can be. */
export function differences(before: Result, after: Result): string[] {
  const [a, b] = [before.origin, after.origin]
  const pairs: [string, unknown, unknown][] = [
    ['bench', before.bench, after.bench],
    ['form (quick)', before.quick, after.quick],
    ['CPU', a.machine.cpu, b.machine.cpu],
    ['cores', a.machine.cores, b.machine.cores],
    ['Node', a.versions.Node, b.versions.Node],
    ['model', `${a.model.name} ${a.model.version}`, `${b.model.name} ${b.model.version}`],
  ]
  return pairs
    .filter(([, x, y]) => x !== y)
    .map(([name, x, y]) => `Expected the same ${name}, got ${x} and ${y}`)
}
