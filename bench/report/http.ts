import { type Result, select, type Variant, value } from '../figures/result.ts'
import { digits, table, withRange } from '../figures/table.ts'
import { distinct, named } from './values.ts'

/** What HTTP costs, on the runtimes side by side. */
export function httpSection(result: Result): string {
  return [
    '## HTTP',
    result.notes.join(' '),
    '### The same alignment in the process and over HTTP',
    overheadTable(result),
    '### Uploads',
    sideBySide(result, 'megabytes', 'more MB in the upload', ['upload', 'upload memory']),
    '### Cache',
    sideBySide(result, 'hits', 'share of requests known', ['cache mean', 'cache median']),
    '### /health, asked 100 times a second',
    sideBySide(result, 'load', 'load', ['health p50', 'health p99', 'health longest']),
  ].join('\n\n')
}

function overheadTable(result: Result): string {
  const rows = runtimesOf(result).map((runtime) => {
    const inProcess = value(result, 'alignment', { runtime, way: 'in process' }) ?? Number.NaN
    const http = value(result, 'alignment', { runtime, way: 'http' }) ?? Number.NaN
    const share = (100 * (http - inProcess)) / inProcess
    return [named(runtime), digits(inProcess), digits(http), digits(http - inProcess), digits(share)]
  })
  return table(['runtime', 'in process ms', 'HTTP ms', 'overhead ms', 'overhead %'], rows)
}

/** A row for each value of what was varied, a column for each metric and runtime. */
function sideBySide(result: Result, varied: string, title: string, metrics: readonly string[]): string {
  const runtimes = runtimesOf(result)
  const columns = runtimes.flatMap((runtime) => metrics.map((metric) => ({ metric, runtime })))
  const values = distinct(select(result, metrics[0]!).map(({ at }) => at[varied]!))
  const cell = (metric: string, at: Variant) => withRange(select(result, metric, at)[0]?.values ?? [])
  const rows = values.map((each) => [
    String(each),
    ...columns.map(({ metric, runtime }) => cell(metric, { runtime, [varied]: each })),
  ])
  const heads = columns.map(({ metric, runtime }) => `${named(runtime)}: ${metric} ${unitOf(result, metric)}`)
  return table([title, ...heads], rows)
}

function runtimesOf(result: Result): string[] {
  return distinct(
    result.measurements.flatMap(({ at }) => (at.runtime === undefined ? [] : String(at.runtime))),
  )
}

function unitOf(result: Result, metric: string): string {
  return select(result, metric)[0]?.unit ?? ''
}
