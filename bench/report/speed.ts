import { type Measurement, type Result, select, type Variant, value } from '../figures/result.ts'
import { STAGE_NAMES } from '../figures/stages.ts'
import { digits, table, withRange } from '../figures/table.ts'
import { distinct, named, threadsOf } from './values.ts'

/** Times of the whole way, of the stages, and of reading each codec. */
export function speedSection(result: Result): string {
  return [
    '## Speed',
    'Every run is a fresh process; medians, with the range of several runs. The result is checked before its time counts.',
    '### Whole alignments',
    wholeTable(result),
    growthSentence(result),
    startSentence(result),
    `### Stages of ${songSeconds(result)} s of MP3 on Node`,
    stageTable(result),
    searchSentence(result),
    '### Reading and resampling to 16 kHz, piece by piece and all at once',
    'Memory is what the process grew by. The whole-file way is that of audio-decode, with the same resampler behind it.',
    readTable(result),
  ].join('\n\n')
}

/** The length that all codecs were read at: a song. */
export function songSeconds(result: Result): number {
  return Number(select(result, 'read')[0]?.at.seconds ?? 240)
}

export function wholeTable(result: Result): string {
  const rows = select(result, 'whole').map(({ at, values }) => [
    `${at.seconds} s`,
    named(at.runtime),
    String(at.threads),
    withRange(values),
    digits(value(result, 'real-time factor', at)),
    digits(value(result, 'whole CPU', at)),
    digits(value(result, 'peak memory', at)),
    digits(value(result, 'onset error', at)),
  ])
  const head = [
    'audio',
    'runtime',
    'threads',
    's',
    'real-time factor',
    'CPU s',
    'peak MB',
    'median onset error s',
  ]
  return table(head, rows)
}

function growthSentence(result: Result): string {
  const whole = select(result, 'growth exponent').filter(({ at }) => at.stage === undefined)
  const stages = select(result, 'growth exponent', { threads: 1 }).filter(({ at }) => at.stage !== undefined)
  const said = (list: Measurement[], name: (at: Variant) => string) =>
    list.map(({ at, values }) => `${name(at)} ${withRange(values)}`).join(', ')
  return `Growth with length, as the exponent of a power (1 is linear): ${said(whole, (at) => `whole on ${threadsOf(at.threads)}`)}; ${said(stages, (at) => `${at.stage}`)}.`
}

function startSentence(result: Result): string {
  const starts = select(result, 'start to first result').map(
    ({ at, values }) => `${named(at.runtime)} with ${threadsOf(at.threads)} ${withRange(values)} s`,
  )
  const [seconds] = distinct(select(result, 'start to first result').map(({ at }) => at.seconds))
  return `From the start of the program to the first result, ${seconds} s of audio: ${starts.join(', ')}.`
}

export function stageTable(result: Result): string {
  const at = { runtime: 'node', seconds: songSeconds(result) }
  const rows = STAGE_NAMES.map((stage) => [
    stage === 'model' ? 'features and model' : stage,
    ...[1, 2].flatMap((threads) => [
      digits(value(result, 'stage', { ...at, stage, threads })),
      digits(value(result, 'stage CPU', { ...at, stage, threads })),
    ]),
  ])
  return table(['stage', '1 thread: s', 'CPU s', '2 threads: s', 'CPU s'], rows)
}

function searchSentence(result: Result): string {
  const searches = select(result, 'search').map(({ at, values }) => {
    const memory = digits(value(result, 'search memory', at))
    return `${at.frames} frames and ${at.letters} letters ${withRange(values)} s (${memory} MB)`
  })
  return `The search alone, over made log-probabilities, first of its process: ${searches.join('; ')}.`
}

function readTable(result: Result): string {
  const codecs = distinct(select(result, 'read').map(({ at }) => at.codec))
  const rows = codecs.map((codec) => [
    String(codec),
    ...['streaming', 'whole file'].flatMap((way) => [
      withRange(select(result, 'read', { codec: codec!, way })[0]?.values ?? []),
      digits(value(result, 'read memory', { codec: codec!, way })),
    ]),
  ])
  return table(['codec', 'piece by piece: s', 'MB', 'whole file: s', 'MB'], rows)
}
