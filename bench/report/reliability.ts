import { type Measurement, select, type TrialResult, type Variant, value } from '../figures/result.ts'
import { digits, table, withRange } from '../figures/table.ts'
import { distinct, named } from './values.ts'

/** The tables of docs/RELIABILITY.md, by the names of their blocks. */
export function reliabilityBlocks(results: readonly TrialResult[]): Record<string, () => string> {
  const of = (bench: TrialResult['bench']) => results.filter((result) => result.bench === bench)
  return {
    isolation: () => section(of('isolation'), 'npm run bench:isolation', isolationTable),
    soak: () => section(of('soak'), 'npm run soak', soakTable),
    chaos: () => section(of('chaos'), 'npm run chaos', chaosTables),
  }
}

function section(
  results: readonly TrialResult[],
  command: string,
  tableOf: (results: readonly TrialResult[]) => string,
): string {
  if (results.length === 0) return `No figures are kept yet: \`${command}\``
  const notes = distinct(results.flatMap((result) => result.notes))
  const origins = distinct(results.map((result) => originOf(result, command)))
  return [tableOf(results), notes.join('\n'), origins.join('\n')].join('\n\n')
}

function originOf({ origin, quick }: TrialResult, command: string): string {
  const { time, commit, changed, machine, versions } = origin
  const runtimes = ['Node', 'Bun'].flatMap((name) => (versions[name] ? [`${name} ${versions[name]}`] : []))
  const load = machine.loadAtStart > 0.5 ? `, load when it began ${machine.loadAtStart.toFixed(1)}` : ''
  const short = quick ? ' **A quick run: these figures mean little.**' : ''
  return `\`${command}\`, ${time.slice(0, 10)}, commit ${commit}${changed ? ' with changes' : ''}; ${machine.cpu}, ${machine.cores} cores${load}; ${runtimes.join(', ')}.${short}`
}

/** A column for each way that is measured: a runtime, and where its workers run. */
function byWay(
  results: readonly TrialResult[],
  rowsOf: (measurements: readonly Measurement[]) => string[],
  cell: (row: string, way: Variant) => string,
): string {
  const all = results.flatMap(({ measurements }) => measurements)
  const ways = distinct(all.flatMap(({ at }) => wayOf(at) ?? []))
  const head = ways.map((way) => {
    const [runtime, isolation] = way.split(' ')
    return `${named(runtime)}, ${isolation}`
  })
  const rows = rowsOf(all).map((row) => [
    row,
    ...ways.map((way) => {
      const [runtime, isolation] = way.split(' ') as [string, string]
      return cell(row, { runtime, isolation })
    }),
  ])
  return table(['', ...head], rows)
}

function wayOf({ runtime, isolation }: Variant): string | undefined {
  return runtime === undefined || isolation === undefined ? undefined : `${runtime} ${isolation}`
}

function isolationTable(results: readonly TrialResult[]): string {
  const measurements = results.flatMap((result) => result.measurements)
  const units = new Map(measurements.map(({ metric, unit }) => [metric, unit]))
  const rows = [...units].map(([metric, unit]) => `${metric}, ${unit}`)
  return byWay(
    results,
    () => rows,
    (row, way) => withRange(select({ measurements }, row.replace(/, [^,]*$/, ''), way)[0]?.values ?? []),
  )
}

type SoakRow = { name: string; metric: string; at?: Variant }

function soakTable(results: readonly TrialResult[]): string {
  const measurements = results.flatMap((result) => result.measurements)
  const rows = soakRows(measurements)
  return byWay(
    results,
    () => rows.map(({ name }) => name),
    (name, way) => {
      const { metric, at } = rows.find((row) => row.name === name)!
      const found = select({ measurements }, metric, { ...way, ...at })[0]
      if (!found) return metric === 'answers' ? '0' : digits(undefined)
      return found.unit === 'count' ? String(found.values[0]) : digits(found.values[0])
    },
  )
}

function soakRows(measurements: readonly Measurement[]): SoakRow[] {
  const settled = distinct(measurements.map(({ metric }) => metric)).filter((metric) =>
    metric.startsWith('memory after'),
  )
  const statuses = valuesOf(measurements, 'answers', 'status')
  const paths = valuesOf(measurements, 'p99', 'path')
  return [
    ...[...settled, 'memory at the end'].map((metric) => ({ name: `${metric}, MB`, metric })),
    { name: 'alignment in a row, ms', metric: 'alignment' },
    ...statuses.map((status) => ({ name: `overload: answers ${status}`, metric: 'answers', at: { status } })),
    ...paths.map((path) => ({ name: `overload: p99 of ${path}, ms`, metric: 'p99', at: { path } })),
    { name: 'broken promises', metric: 'broken promises' },
  ]
}

function valuesOf(measurements: readonly Measurement[], metric: string, name: string): (string | number)[] {
  return distinct(
    measurements.flatMap((each) => (each.metric === metric ? (each.at[name] ?? []) : [])),
  ).sort()
}

function chaosTables(results: readonly TrialResult[]): string {
  const measurements = results.flatMap((result) => result.measurements)
  const faults = distinct(select({ measurements }, 'outcomes').map(({ at }) => at.fault!))
  const rows = faults.map((fault) => {
    const ends = new Map<string, number>()
    for (const { at, values } of select({ measurements }, 'outcomes', { fault })) {
      const count = values.reduce((sum, each) => sum + each, 0)
      ends.set(String(at.outcome), (ends.get(String(at.outcome)) ?? 0) + count)
    }
    const total = [...ends.values()].reduce((sum, count) => sum + count, 0)
    const others = [...ends].filter(([outcome]) => outcome !== 'result')
    return [
      String(fault),
      String(total),
      String(ends.get('result') ?? 0),
      others.map(([outcome, count]) => `${outcome} ${count}`).join(', '),
    ]
  })
  const struck = select({ measurements }, 'faults').map(
    ({ at, values }) => `${named(at.runtime)}, ${at.isolation}: ${values[0]}`,
  )
  const broken = value({ measurements }, 'broken promises') ?? 0
  return [
    table(['fault', 'requests', 'results', 'other ends'], rows),
    `Faults by runtime and place of the workers: ${struck.join('; ')}. Broken promises: ${broken}.`,
  ].join('\n\n')
}
