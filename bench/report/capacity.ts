import { machinesFor } from '../figures/capacity.ts'
import { type Result, select, value } from '../figures/result.ts'
import { digits, table, withRange } from '../figures/table.ts'

/** Songs per hour; what services of different sizes get. */
const ARRIVALS = [100, 1000, 10_000]

/** What a machine carries, which setting is best, and what it costs. */
export function capacitySection(result: Result): string {
  return [
    '## Capacity',
    result.notes.join(' '),
    capacityTable(result),
    recommendation(result),
    '### Scaling with cores, one alignment of one thread on each',
    scalingTable(result),
    '### Cost',
    costTable(result),
  ].join('\n\n')
}

export function capacityTable(result: Result): string {
  const rows = select(result, 'songs per hour').map(({ at, values }) => [
    `${at.maxConcurrent} x ${at.threads}`,
    `${Math.round(Number(at.load) * 100)} %`,
    withRange(values),
    digits((values[0]! * lengthOf(result)) / 3600),
    ...['p50', 'p95', 'p99', 'peak memory', 'CPUs used'].map((metric) => digits(value(result, metric, at))),
    digits(value(result, 'songs', at)),
  ])
  const head = [
    'MAX_CONCURRENT x THREADS',
    'load',
    'songs/h',
    'audio h/h',
    'p50 s',
    'p95 s',
    'p99 s',
    'peak MB',
    'CPUs used',
    'songs',
  ]
  return table(head, rows)
}

/** The best setting; empty where none met the target. */
export function recommendation(result: Result): string {
  const [best] = select(result, 'recommended songs per hour')
  if (!best) return 'No setting met the target.'
  const { maxConcurrent, threads, cores } = best.at
  return `Recommended on ${cores} cores: \`MAX_CONCURRENT=${maxConcurrent} THREADS=${threads}\`, ${withRange(best.values)} songs of ${lengthOf(result)} s an hour.`
}

function scalingTable(result: Result): string {
  const rows = select(result, 'scaling throughput').map(({ at, values }) => [
    String(at.cores),
    withRange(values),
    digits(value(result, 'scaling', at)),
  ])
  return table(['cores', 'songs/h at most', 'times one core'], rows)
}

function costTable(result: Result): string {
  const perMachine = value(result, 'recommended songs per hour')
  const rows = [
    ['hours of audio in a core-hour', digits(value(result, 'audio hours per core-hour'))],
    ['core-hours for 100,000 songs', digits(value(result, 'core-hours for 100,000 songs'))],
    ...ARRIVALS.map((arrivals) => [
      `machines as this one for ${arrivals} songs an hour`,
      perMachine === undefined ? '–' : String(machinesFor(arrivals, perMachine)),
    ]),
  ]
  return table([`songs of ${lengthOf(result)} s`, 'needed'], rows)
}

function lengthOf(result: Result): number {
  return Number(select(result, 'audio hours per core-hour')[0]?.at.songSeconds ?? 240)
}
