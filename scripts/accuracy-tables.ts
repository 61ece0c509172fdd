import type { SetResult } from '../src/cli/evaluate/measure.ts'
import type { Figures } from '../src/cli/evaluate/score.ts'
import type { Evaluation } from '../src/cli/evaluate.ts'
import { table } from './markdown.ts'

const HEAD = [
  'songs',
  'words: mean',
  'median',
  '≤ 0.3 s',
  '≤ 1 s',
  'lines: mean',
  'median',
  '≤ 0.3 s',
  '≤ 1 s',
  'lost',
  'called aligned',
  'right',
  'real-time factor',
]

/** A table for every evaluation in bench/results, as `sow-align evaluate --json` writes them. */
export function accuracyTables(results: Map<string, unknown>): string {
  const evaluations = [...results].filter((entry): entry is [string, Evaluation] => isEvaluation(entry[1]))
  if (evaluations.length === 0)
    return 'No figures are kept yet: `npx sow-align evaluate DIR --json bench/results/accuracy.json`'
  return evaluations.map(([file, evaluation]) => section(file, evaluation)).join('\n\n')
}

function isEvaluation(value: unknown): value is Evaluation {
  return typeof value === 'object' && value !== null && 'sets' in value && 'songs' in value
}

function section(file: string, { model, machine, sets }: Evaluation): string {
  const command = `npx sow-align evaluate DIR --threads ${machine.threads} --json bench/results/${file}`
  const about = `${model.name} ${model.version} (${model.engine}); ${machine.runtime} with ${machine.threads} threads on ${machine.cpu}; \`${command}\``
  return `${table(HEAD, sets.map(row))}\n\n${about}`
}

function row({ set, songs, words, lines, lost, trust, realTimeFactor }: SetResult): string[] {
  const called = percent(trust.calledAligned, trust.lines)
  const right = percent(trust.both, trust.calledAligned)
  return [
    `${set} (${songs})`,
    ...figures(words),
    ...figures(lines),
    String(lost),
    called,
    right,
    realTimeFactor.toFixed(3),
  ]
}

function figures(values: Figures | undefined): string[] {
  if (!values) return ['', '', '', '']
  const { mean, median, within300ms, within1s } = values
  return [`${mean.toFixed(2)} s`, `${median.toFixed(2)} s`, percent(within300ms, 1), percent(within1s, 1)]
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(0)} %`
}
