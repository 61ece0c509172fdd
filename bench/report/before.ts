import { type Result, select } from '../figures/result.ts'
import { median } from '../figures/statistics.ts'
import { digits, table, withRange } from '../figures/table.ts'

/** An older commit and this one side by side. */
export function beforeSection(result: Result): string {
  const rows = select(result, 'whole', { build: 'now' })
    .concat(result.measurements.filter(({ at, metric }) => at.build === 'now' && metric !== 'whole'))
    .map(({ at, metric, unit, values }) => {
      const older = select(result, metric, { ...at, build: 'before' })[0]?.values ?? []
      const times = older.length > 0 ? digits(median(older) / median(values)) : '–'
      return [String(at.stage ?? metric), withRange(older), withRange(values), times, unit]
    })
  const head = ['what', 'before', 'now', 'before / now', 'unit']
  return ['## Before and after', result.notes.join(' '), table(head, rows)].join('\n\n')
}
