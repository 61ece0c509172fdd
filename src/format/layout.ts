import type { AlignedLine, Alignment } from '../types.ts'

/** `written`: the lines of the text in their order. `sung`: what is sung in the order it is sung, repeats included. */
export const LAYOUTS = ['written', 'sung'] as const
export type Layout = (typeof LAYOUTS)[number]

/**
 * The lines to be written. For `sung` one for each entry of the performance: the text of its line with the time, words
 * and status of that performance; markers, blank lines and lines that are not sung are left out.
 */
export function inLayout({ lines, performance }: Alignment, layout: Layout): AlignedLine[] {
  if (layout === 'written') return lines
  return performance.map(({ line, status, doubt, ...occurrence }) => {
    const { text, singer, translation, romanization, engine } = lines[line]!
    return {
      text,
      status,
      ...occurrence,
      ...(doubt && { doubt }),
      ...(singer !== undefined && { singer }),
      ...(translation !== undefined && { translation }),
      ...(romanization !== undefined && { romanization }),
      ...(engine && { engine }),
      occurrences: [occurrence],
    }
  })
}
