import type { Bench, Result } from '../figures/result.ts'
import { select, value } from '../figures/result.ts'
import { STAGE_NAMES } from '../figures/stages.ts'
import { digits, table } from '../figures/table.ts'
import { accuracySection, peersSection } from './accuracy.ts'
import { beforeSection } from './before.ts'
import { capacitySection, recommendation } from './capacity.ts'
import { barChart } from './chart.ts'
import { httpSection } from './http.ts'
import { modelSection } from './model.ts'
import { realignSection } from './realign.ts'
import { songSeconds, speedSection } from './speed.ts'
import { named, runOf, threadsOf } from './values.ts'

const SECTIONS: Record<Bench, (result: Result) => string> = {
  speed: speedSection,
  accuracy: accuracySection,
  http: httpSection,
  capacity: capacitySection,
  realign: realignSection,
  model: modelSection,
  peers: peersSection,
  before: beforeSection,
}

/** Where the page refers to its picture, from docs/. */
export const CHART_FILE = 'performance.svg'

/** docs/PERFORMANCE.md: every result that is there, in the order of {@link SECTIONS}, and where it comes from. */
export function performancePage(results: readonly Result[]): string {
  const names = Object.keys(SECTIONS) as Bench[]
  const present = names.flatMap((bench) => results.filter((result) => result.bench === bench))
  const parts = present.flatMap((result) => [SECTIONS[result.bench](result), originLine(result)])
  const chart = present.some(({ bench }) => bench === 'speed') ? [`![Time by stage](${CHART_FILE})`] : []
  return [
    '# Performance',
    'Made by `npm run bench:report` from bench/results; do not edit. bench/README.md says how each figure is measured.',
    ...chart,
    ...parts,
  ]
    .join('\n\n')
    .concat('\n')
}

function originLine({ bench, quick, origin }: Result): string {
  const { machine, versions, model } = origin
  const libraries = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const memory = (machine.memoryBytes / 2 ** 30).toFixed(0)
  const load = machine.loadAtStart > 0.5 ? ` Load when it began: ${machine.loadAtStart.toFixed(1)}.` : ''
  const { run, warning } = runOf(`npm run bench:${bench}`, origin, quick)
  return `${run}; ${model.name} ${model.version}; ${machine.cpu}, ${machine.cores} cores, ${memory} GiB, ${machine.platform}; ${libraries.join(', ')}.${load}${warning}`
}

/** Where the time of an alignment goes, on one thread and two. */
export function stageChart(result: Result): string {
  const seconds = songSeconds(result)
  const bars = [1, 2].map((threads) => ({
    label: threadsOf(threads),
    parts: STAGE_NAMES.map((stage) => ({
      name: stage,
      value: value(result, 'stage', { runtime: 'node', seconds, threads, stage }) ?? 0,
    })),
  }))
  return barChart(`Where the time goes: ${seconds} s of MP3`, 's', bars)
}

/** The few figures of speed, HTTP and capacity that a README has room for. */
export function headlines(results: readonly Result[]): string {
  const find = (bench: Bench) => results.find((result) => result.bench === bench)
  const rows = [...speedHeadlines(find('speed')), ...httpHeadlines(find('http'))]
  const first = find('speed') ?? results[0]
  if (!first) return 'No figures are kept yet: `npm run bench`'
  const { machine, model } = first.origin
  const capacity = find('capacity')
  return [
    ...(rows.length > 0 ? [table(['what', 'median', 'unit'], rows)] : []),
    ...(capacity ? [recommendation(capacity)] : []),
    `${model.name} ${model.version} on ${machine.cpu}, ${machine.cores} cores; \`npm run bench\`. All figures: [docs/PERFORMANCE.md](docs/PERFORMANCE.md).`,
  ].join('\n\n')
}

function speedHeadlines(result: Result | undefined): string[][] {
  if (!result) return []
  const seconds = songSeconds(result)
  const whole = select(result, 'whole', { seconds }).map(({ at }) => [
    `${seconds} s of MP3, ${named(at.runtime)}, ${threadsOf(at.threads)}`,
    digits(value(result, 'whole', at)),
    `s (peak ${digits(value(result, 'peak memory', at))} MB)`,
  ])
  const starts = select(result, 'start to first result', { threads: 1 }).map(({ at, values }) => [
    `start of the program to the first result (${at.seconds} s of MP3), ${named(at.runtime)}`,
    digits(values[Math.floor(values.length / 2)]),
    's',
  ])
  return [...whole, ...starts]
}

function httpHeadlines(result: Result | undefined): string[][] {
  if (!result) return []
  return select(result, 'health p99', { load: 'every thread works' }).map(({ at }) => [
    `\`/health\` while every thread works, 99th percentile, ${named(at.runtime)}`,
    digits(value(result, 'health p99', at)),
    'ms',
  ])
}
