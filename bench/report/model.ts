/** The acoustic models side by side. */
import { type Result, select } from '../figures/result.ts'
import { median } from '../figures/statistics.ts'
import { digits, table, withRange } from '../figures/table.ts'
import { distinct } from './values.ts'

/** Every measurement of every model, and the ratio of the last to the first. */
export function modelSection(result: Pick<Result, 'notes' | 'measurements'>): string {
  const models = distinct(result.measurements.map(({ at }) => at.model!))
  const rows = distinct(result.measurements.map(({ metric }) => metric)).map((metric) => {
    const found = models.map((model) => select(result, metric, { model })[0])
    const [first, last] = [found.at(0), found.at(-1)].map((each) => median(each?.values ?? []))
    return [
      `${metric}, ${found[0]?.unit}`,
      ...found.map((each) => withRange(each?.values ?? [])),
      digits(last! / first!),
    ]
  })
  const head = ['', ...models.map(String), `${models.at(-1)} / ${models.at(0)}`]
  return ['## Acoustic models', result.notes.join(' '), table(head, rows)].join('\n\n')
}
