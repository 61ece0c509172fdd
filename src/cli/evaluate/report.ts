import type { SetResult, SongResult } from './measure.ts'
import type { Figures } from './score.ts'

const NAME_WIDTH = 40
const FIGURES_HEAD = '   mean    med  @0.3s    @1s'
const NO_FIGURES = ' '.repeat(FIGURES_HEAD.length)

/** The head of the table that people read: onset errors of words and of lines in seconds, and shares within limits. */
export const REPORT_HEAD = [
  `${'song'.padEnd(NAME_WIDTH)} ${'words'.padStart(FIGURES_HEAD.length)} | ${'lines'.padStart(FIGURES_HEAD.length)} |`,
  `${' '.repeat(NAME_WIDTH)} ${FIGURES_HEAD} | ${FIGURES_HEAD} | verdict      time`,
].join('\n')

export function songRow({ name, words, lines, verdict, seconds }: SongResult): string {
  return `${cut(name)} ${figures(words)} | ${figures(lines)} | ${verdict.padEnd(10)} ${seconds.toFixed(1).padStart(5)}s`
}

/** The means of a set; precision and recall say how far `aligned` can be believed. */
export function setRow({ set, songs, lost, words, lines, trust, realTimeFactor }: SetResult): string {
  const { calledAligned, within1s, both } = trust
  const row = `${cut(`MEAN ${set} (${songs})`)} ${figures(words)} | ${figures(lines)} | ${lost} lost`
  const said = `${calledAligned} of ${trust.lines} lines called aligned: ${of(both, calledAligned)} of them are within 1 s`
  const found = `${of(both, within1s)} of the lines within 1 s are called so`
  return `${row}\n  ${said}; ${found}; real-time factor ${realTimeFactor.toFixed(3)}`
}

/** A share in per cent; a dash where there is nothing to share. */
export function of(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(0)}%`
}

function figures(values: Figures | undefined): string {
  if (!values) return NO_FIGURES
  const { mean, median, within300ms, within1s } = values
  return [mean.toFixed(2).padStart(7), median.toFixed(2), within300ms.toFixed(3), within1s.toFixed(3)]
    .map((text) => text.padStart(6))
    .join(' ')
}

function cut(name: string): string {
  return [...name].slice(0, NAME_WIDTH).join('').padEnd(NAME_WIDTH)
}
