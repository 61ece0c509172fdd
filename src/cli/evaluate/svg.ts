/** A text of a picture; `style` is SVG attributes. */
export function text(x: number, y: number, content: string, style = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${pixel(x)}" y="${pixel(y)}" ${style}>${escaped}</text>`
}

export function rectangle(x: number, y: number, width: number, height: number, style: string): string {
  return `<rect x="${pixel(x)}" y="${pixel(y)}" width="${pixel(width)}" height="${pixel(height)}" ${style}/>`
}

/** A whole picture on white. */
export function picture(width: number, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n')
}

/** A tenth of a pixel is as fine as it gets. */
export function pixel(value: number): number {
  return Math.round(value * 10) / 10
}
