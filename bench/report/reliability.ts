import { type Measurement, select, type TrialResult, type Variant, value } from '../figures/result.ts'
import { digits, table, withRange } from '../figures/table.ts'
import { distinct, named, runOf } from './values.ts'

/** The tables of docs/RELIABILITY.md, by the names of their blocks. */
export function reliabilityBlocks(results: readonly TrialResult[]): Record<string, () => string> {
  const of = (bench: TrialResult['bench']) => results.filter((result) => result.bench === bench)
  return {
    isolation: () => section(of('isolation'), 'npm run bench:isolation', isolationTable),
    soak: () => section(of('soak'), 'npm run soak', soakTable),
    chaos: () => section(of('chaos'), 'npm run chaos', chaosSummary),
  }
}

/** The figures of one trial, which may have a result for each way it was run. */
function section(
  results: readonly TrialResult[],
  command: string,
  figuresOf: (measurements: readonly Measurement[]) => string,
): string {
  if (results.length === 0) return `No figures are kept yet: \`${command}\``
  const measurements = results.flatMap((result) => result.measurements)
  const notes = distinct(results.flatMap((result) => result.notes))
  const origins = distinct(results.map((result) => originLine(result, command)))
  return [figuresOf(measurements), notes.join('\n'), origins.join('\n')].join('\n\n')
}

function originLine({ origin, quick }: TrialResult, command: string): string {
  const { machine, versions } = origin
  const runtimes = ['Node', 'Bun'].flatMap((name) => (versions[name] ? [`${name} ${versions[name]}`] : []))
  const load = machine.loadAtStart > 0.5 ? `, load when it began ${machine.loadAtStart.toFixed(1)}` : ''
  const { run, warning } = runOf(command, origin, quick)
  return `${run}; ${machine.cpu}, ${machine.cores} cores${load}; ${runtimes.join(', ')}.${warning}`
}

/** A way that a trial is run: a runtime, and where its workers run. */
type Way = { runtime: string | number; isolation: string | number }
type Row = { name: string; cell: (way: Way) => string }

/** A column for each way there is. */
function byWay(measurements: readonly Measurement[], rows: readonly Row[]): string {
  const ways = new Map<string, Way>()
  for (const { at } of measurements) {
    const { runtime, isolation } = at
    if (runtime === undefined || isolation === undefined) continue
    ways.set(`${runtime} ${isolation}`, { runtime, isolation })
  }
  const columns = [...ways.values()]
  const head = columns.map(({ runtime, isolation }) => `${named(runtime)}, ${isolation}`)
  return table(
    ['', ...head],
    rows.map(({ name, cell }) => [name, ...columns.map(cell)]),
  )
}

/** What workers in processes cost, metric by metric. */
export function isolationTable(measurements: readonly Measurement[]): string {
  const units = new Map(measurements.map(({ metric, unit }) => [metric, unit]))
  const rows = [...units].map(([metric, unit]) => ({
    name: `${metric}, ${unit}`,
    cell: (way: Way) => withRange(select({ measurements }, metric, way)[0]?.values ?? []),
  }))
  return byWay(measurements, rows)
}

function soakTable(measurements: readonly Measurement[]): string {
  const row = (name: string, metric: string, at: Variant = {}): Row => ({
    name,
    cell: (way) => digits(value({ measurements }, metric, { ...way, ...at })),
  })
  const countRow = (name: string, metric: string, at: Variant, none: string): Row => ({
    name,
    cell: (way) => String(value({ measurements }, metric, { ...way, ...at }) ?? none),
  })
  const settled = distinct(measurements.map(({ metric }) => metric)).filter((metric) =>
    metric.startsWith('memory after'),
  )
  return byWay(measurements, [
    ...[...settled, 'memory at the end', 'most memory in between'].map((metric) =>
      row(`${metric}, MB`, metric),
    ),
    row('alignment in a row, ms', 'alignment'),
    ...valuesOf(measurements, 'answers', 'status').map((status) =>
      // A status that a way never had was not recorded for it.
      countRow(`overload: answers ${status}`, 'answers', { status }, '0'),
    ),
    ...valuesOf(measurements, 'p99', 'path').map((path) =>
      row(`overload: p99 of ${path}, ms`, 'p99', { path }),
    ),
    countRow('broken promises', 'broken promises', {}, '–'),
  ])
}

function valuesOf(measurements: readonly Measurement[], metric: string, name: string): (string | number)[] {
  return distinct(select({ measurements }, metric).flatMap(({ at }) => at[name] ?? [])).sort()
}

function chaosSummary(measurements: readonly Measurement[]): string {
  const struck = select({ measurements }, 'faults').map(
    ({ at, values }) => `${named(at.runtime)}, ${at.isolation}: ${values[0]}`,
  )
  const broken = value({ measurements }, 'broken promises') ?? 0
  return [
    outcomeTable(measurements, 'fault'),
    outcomeTable(measurements, 'asked'),
    `Faults by runtime and place of the workers: ${struck.join('; ')}. Broken promises: ${broken}.`,
  ].join('\n\n')
}

const HEADS = { fault: 'fault', asked: 'what was asked' } as const

/** How requests, jobs and batches ended, by the fault that struck while they ran, or by what they were. */
export function outcomeTable(measurements: readonly Measurement[], by: keyof typeof HEADS): string {
  const outcomes = select({ measurements }, 'outcomes')
  const rows = distinct(outcomes.map(({ at }) => at[by]!)).map((name) => {
    const times = new Map<string, number>()
    for (const { at, values } of select({ measurements: outcomes }, 'outcomes', { [by]: name })) {
      const outcome = String(at.outcome)
      times.set(outcome, (times.get(outcome) ?? 0) + values[0]!)
    }
    const all = [...times.values()].reduce((sum, each) => sum + each, 0)
    const others = [...times].filter(([outcome]) => outcome !== 'result').sort()
    return [
      String(name),
      String(all),
      String(times.get('result') ?? 0),
      others.map(([outcome, count]) => `${outcome} ${count}`).join(', '),
    ]
  })
  return table([HEADS[by], 'asked', 'results', 'other ends'], rows)
}
