import { type Result, select, value } from '../figures/result.ts'
import { digits, table } from '../figures/table.ts'

const COLUMNS = ['mean error', 'median error', 'within 0.3 s', 'within 1 s']
const METRICS = ['words', 'lines'].flatMap((what) => COLUMNS.map((column) => `${what}: ${column}`))

/** How near the times are, by set of songs. */
export function accuracySection(result: Result): string {
  const more = ['songs lost', 'precision of aligned', 'recall of aligned', 'real-time factor']
  const rows = select(result, 'songs').map(({ at, values }) => [
    `${at.set} (${values[0]})`,
    ...[...METRICS, ...more].map((metric) => digits(value(result, metric, at))),
  ])
  return ['## Accuracy', result.notes.join(' '), table(['set', ...METRICS, ...more], rows)].join('\n\n')
}

/** Other aligners on the same songs, side by side. */
export function peersSection(result: Result): string {
  const metrics = [...METRICS, 'songs lost', 'seconds a song', 'real-time factor', 'peak memory']
  const rows = select(result, 'songs').map(({ at, values }) => [
    `${at.language} (${values[0]})`,
    String(at.system),
    ...metrics.map((metric) => digits(value(result, metric, at))),
  ])
  return [
    '## Beside other aligners',
    result.notes.join(' '),
    table(['language (songs)', 'aligner', ...metrics], rows),
  ].join('\n\n')
}
