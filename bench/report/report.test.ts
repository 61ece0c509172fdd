import { expect, test } from 'vitest'
import { type Measurement, type Result, record, type TrialResult } from '../figures/result.ts'
import { barChart } from './chart.ts'
import { compareResults, differences } from './compare.ts'
import { headlines, performancePage, stageChart } from './page.ts'
import { reliabilityBlocks } from './reliability.ts'

function resultOf(bench: Result['bench'], add: (measurements: Measurement[]) => void): Result {
  const measurements: Measurement[] = []
  add(measurements)
  const machine = {
    cpu: 'Some CPU',
    cores: 2,
    memoryBytes: 8 * 2 ** 30,
    platform: 'linux x64',
    loadAtStart: 0.1,
  }
  const versions = { Node: '20.20.2' }
  const origin = {
    time: '2026-01-02T03:04:05Z',
    commit: 'abc1234',
    changed: false,
    machine,
    versions,
    model: { name: 'm', version: '1' },
  }
  return { bench, quick: false, origin, notes: ['A note.'], measurements }
}

const SPEED = resultOf('speed', (m) => {
  const at = { runtime: 'node', threads: 1, seconds: 240 }
  for (const seconds of [5, 4, 6]) record(m, at, 'whole', seconds, 's')
  record(m, at, 'peak memory', 321, 'MB')
  record(m, { ...at, stage: 'decode' }, 'stage', 0.5, 's')
  record(m, { ...at, stage: 'model' }, 'stage', 3.5, 's')
  record(m, { codec: 'mp3', way: 'streaming', seconds: 240 }, 'read', 1.25, 's')
  record(m, { runtime: 'node', threads: 1 }, 'growth exponent', 1.02, 'factor')
  record(m, { runtime: 'node', threads: 1, seconds: 30 }, 'start to first result', 1.5, 's')
})

const CAPACITY = resultOf('capacity', (m) => {
  const at = { maxConcurrent: 2, threads: 1, cores: 2 }
  record(m, { ...at, load: 0.75 }, 'songs per hour', 1200, 'per hour', 'higher')
  record(m, { ...at, load: 0.75 }, 'p95', 12.5, 's')
  record(m, at, 'recommended songs per hour', 1200, 'per hour', 'higher')
  record(m, { songSeconds: 240 }, 'audio hours per core-hour', 40, 'factor', 'higher')
  record(m, { cores: 2 }, 'scaling throughput', 1500, 'per hour', 'higher')
})

const HTTP = resultOf('http', (m) => {
  record(m, { runtime: 'node', way: 'in process' }, 'alignment', 1000, 'ms')
  record(m, { runtime: 'node', way: 'http' }, 'alignment', 1010, 'ms')
  record(m, { runtime: 'node', load: 'every thread works' }, 'health p50', 0.5, 'ms')
  record(m, { runtime: 'node', load: 'every thread works' }, 'health p99', 9.5, 'ms')
})

test('the page shows medians with their range, and where they come from', () => {
  const page = performancePage([CAPACITY, SPEED])
  expect(page).toContain('5.00 (4.00–6.00)')
  expect(page).toContain('whole on 1 thread 1.02')
  expect(page).toContain('commit abc1234')
  expect(page).toContain('Some CPU, 2 cores, 8 GiB')
  expect(page.indexOf('## Speed')).toBeLessThan(page.indexOf('## Capacity'))
})

test('the page says how many machines a rate of songs needs', () => {
  expect(performancePage([CAPACITY])).toMatch(/machines as this one for 10000 songs an hour *\| +9 \|/)
})

test('HTTP is shown as what it costs above a call in the process', () => {
  expect(performancePage([HTTP])).toMatch(/\| Node +\| +1000 \| +1010 \| +10\.0 \| +1\.00 \|/)
})

test('a quick run is called one', () => {
  expect(performancePage([{ ...SPEED, quick: true }])).toContain('these figures mean little')
})

test('the README gets the song, the start, /health and the recommended setting', () => {
  const text = headlines([SPEED, CAPACITY, HTTP])
  expect(text).toMatch(/240 s of MP3, Node, 1 thread *\| +5\.00 \| s \(peak 321 MB\) \|/)
  expect(text).toContain('MAX_CONCURRENT=2 THREADS=1')
  expect(text).toMatch(/99th percentile, Node *\| +9\.50 \| ms/)
  expect(headlines([])).toBe('No figures are kept yet: `npm run bench`')
})

test('bars are to scale and say their sums', () => {
  const chart = barChart('Title & more', 's', [
    {
      label: 'one',
      parts: [
        { name: 'a', value: 1 },
        { name: 'b', value: 3 },
      ],
    },
    { label: 'half', parts: [{ name: 'a', value: 2 }] },
  ])
  expect(chart).toContain('Title &amp; more')
  const widths = [...chart.matchAll(/width="([\d.]+)" height="18"/g)].map(([, width]) => Number(width))
  expect(widths).toEqual([135, 405, 270])
  expect(chart).toContain('4.00 s')
  expect(stageChart(SPEED)).toContain('decode: 0.500 s')
})

function timed(...values: number[]): Result {
  return resultOf('speed', (m) => {
    for (const value of values) record(m, { threads: 1 }, 'whole', value, 's')
  })
}

test('a change is one when medians differ and the runs do not overlap', () => {
  const change = (before: number[], after: number[]) =>
    compareResults(timed(...before), timed(...after))[0]!.change
  expect(change([10, 11, 10], [13, 14, 13])).toBe('worse')
  expect(change([10, 11, 10], [7, 8, 7])).toBe('better')
  expect(change([10, 14, 10], [13, 14, 13])).toBe('same')
  expect(change([10], [10.4])).toBe('same')
})

test('more is better where it is said so', () => {
  const rate = (value: number) =>
    resultOf('capacity', (m) => record(m, {}, 'throughput', value, 'per hour', 'higher'))
  expect(compareResults(rate(100), rate(150))[0]).toMatchObject({
    change: 'better',
    ratio: 1.5,
    spread: [1.5, 1.5],
  })
})

test('results of different machines or models are not compared in silence', () => {
  const other = { ...SPEED, origin: { ...SPEED.origin, model: { name: 'n', version: '2' } } }
  expect(differences(SPEED, SPEED)).toEqual([])
  expect(differences(SPEED, other)).toEqual(['Expected the same model, got m 1 and n 2'])
})

function trialOf(bench: TrialResult['bench'], add: (measurements: Measurement[]) => void): TrialResult {
  return { ...resultOf('speed', add), bench }
}

const SOAKS = (['thread', 'process'] as const).map((isolation) =>
  trialOf('soak', (m) => {
    const at = { runtime: 'node', isolation }
    record(m, at, 'memory after 100', 400, 'MB')
    record(m, at, 'memory at the end', 410, 'MB')
    record(m, { ...at, status: '200' }, 'answers', 70, 'count', 'higher')
    if (isolation === 'process') record(m, { ...at, status: '429' }, 'answers', 30, 'count', 'higher')
    record(m, at, 'broken promises', 0, 'count')
  }),
)

test('runs of the soak stand side by side; an end that a way never had is 0', () => {
  const table = reliabilityBlocks(SOAKS).soak!()
  expect(table).toMatch(/\| +\| Node, thread +\| Node, process +\|/)
  expect(table).toMatch(/\| memory after 100, MB +\| +400 \| +400 \|/)
  expect(table).toMatch(/\| overload: answers 429 +\| +0 \| +30 \|/)
  expect(table).toContain('`npm run soak`, 2026-01-02, commit abc1234; Some CPU, 2 cores; Node 20.20.2.')
})

test('chaos is counted by fault and by what was asked, over every way it was run', () => {
  const chaos = trialOf('chaos', (m) => {
    const count = (runtime: string, asked: string, outcome: string, times: number) => {
      const at = { runtime, isolation: 'thread', fault: 'disk full', asked, outcome }
      record(m, at, 'outcomes', times, 'count', 'higher')
    }
    count('node', 'request', 'result', 6)
    count('bun', 'request', 'result', 3)
    count('bun', 'job', 'AUDIO_FETCH_TIMEOUT', 2)
    record(m, { runtime: 'bun', isolation: 'thread' }, 'faults', 50, 'count', 'higher')
    record(m, {}, 'broken promises', 1, 'count')
  })
  const page = reliabilityBlocks([chaos]).chaos!()
  expect(page).toMatch(/\| disk full \| +11 \| +9 \| AUDIO_FETCH_TIMEOUT 2 \|/)
  expect(page).toMatch(/\| request +\| +9 \| +9 \| +\|/)
  expect(page).toMatch(/\| job +\| +2 \| +0 \| AUDIO_FETCH_TIMEOUT 2 \|/)
  expect(page).toContain('Bun, thread: 50. Broken promises: 1.')
})

test('where nothing was run, the page says what to run', () => {
  expect(reliabilityBlocks([]).isolation!()).toContain('`npm run bench:isolation`')
})
