/** A bar of parts, stacked. */
export type Bar = { label: string; parts: { name: string; value: number }[] }

const WIDTH = 760
const LEFT = 150
const RIGHT = 70
const ROW = 30
const BAR = 18
const TOP = 70
const COLOURS = ['#2a6fb0', '#6aa5d8', '#0a7d5a', '#8d6bb8', '#d18f1f', '#d1495b', '#7a3b52', '#8a8f98']

/** Stacked bars, to scale, as an SVG picture with its legend; each bar ends with its sum. */
export function barChart(title: string, unit: string, bars: readonly Bar[]): string {
  const names = [...new Set(bars.flatMap(({ parts }) => parts.map(({ name }) => name)))]
  const longest = Math.max(...bars.map(sumOf))
  const scale = (WIDTH - LEFT - RIGHT) / longest
  const height = TOP + bars.length * ROW + 10
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(12, 22, title, 'font-size="15" font-weight="600"'),
    ...names.map((name, i) => legend(name, i)),
    ...bars.map((bar, row) => drawBar(bar, TOP + row * ROW, scale, names, unit)),
    '</svg>\n',
  ].join('\n')
}

function sumOf({ parts }: Bar): number {
  return parts.reduce((sum, { value }) => sum + value, 0)
}

function legend(name: string, i: number): string {
  const x = 12 + i * 92
  return `<rect x="${x}" y="38" width="10" height="10" fill="${colour(i)}"/>${text(x + 14, 47, name, 'fill="#444"')}`
}

function drawBar(bar: Bar, y: number, scale: number, names: readonly string[], unit: string): string {
  let x = LEFT
  const parts = bar.parts.map(({ name, value }) => {
    const rect = `<rect x="${pixel(x)}" y="${y}" width="${pixel(value * scale)}" height="${BAR}" fill="${colour(names.indexOf(name))}"><title>${escaped(`${name}: ${value.toFixed(3)} ${unit}`)}</title></rect>`
    x += value * scale
    return rect
  })
  const label = text(LEFT - 8, y + 13, bar.label, 'text-anchor="end" fill="#444"')
  const sum = text(x + 6, y + 13, `${sumOf(bar).toFixed(2)} ${unit}`, 'fill="#444"')
  return [label, ...parts, sum].join('\n')
}

function colour(i: number): string {
  return COLOURS[i % COLOURS.length]!
}

function pixel(value: number): number {
  return Math.round(value * 10) / 10
}

function text(x: number, y: number, content: string, style = ''): string {
  return `<text x="${pixel(x)}" y="${pixel(y)}" ${style}>${escaped(content)}</text>`
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
