import { median } from './statistics.ts'

/** A table for a terminal and for Markdown alike: columns padded, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i]!.length)))
  const isNumber = head.map((_, i) => rows.length > 0 && rows.every((row) => /^[-–\d]/.test(row[i]!)))
  const cell = (text: string, i: number) =>
    isNumber[i] ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  const rule = widths.map((width, i) => (isNumber[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}

/** Three digits that count, without an exponent; a dash for what was not measured. */
export function digits(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return value.toFixed(0)
  if (value === 0) return '0'
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toFixed(Math.min(places, 4))
}

/** Median and, where there are several values, their range. */
export function withRange(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return values.length < 2 ? digits(values[0]) : `${digits(median(values))} (${digits(low)}–${digits(high)})`
}
