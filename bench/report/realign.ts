import { type Result, select } from '../figures/result.ts'
import { table, withRange } from '../figures/table.ts'
import { distinct, named } from './values.ts'

/** What a recording costs that was heard before, on the runtimes side by side. */
export function realignSection(result: Result): string {
  const timed = result.measurements.filter(({ unit }) => unit === 'ms')
  const runtimes = distinct(timed.map(({ at }) => at.runtime!))
  const rows = distinct(timed.map(({ metric }) => metric)).map((metric) => [
    metric,
    ...runtimes.map((runtime) => withRange(select(result, metric, { runtime })[0]?.values ?? [])),
  ])
  const heads = runtimes.map((runtime) => `${named(runtime)} ms`)
  return ['## Aligning again', result.notes.join(' '), table(['request', ...heads], rows)].join('\n\n')
}
