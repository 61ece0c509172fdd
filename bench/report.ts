/** Turns the results of the benches into docs/PERFORMANCE.md and its picture. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readOptions } from './figures/options.ts'
import { PROJECT } from './figures/project.ts'
import { BENCHES, readResult, resultFile } from './figures/result.ts'
import { CHART_FILE, performancePage, stageChart } from './report/page.ts'

const { quick, out } = readOptions(
  'Makes docs/PERFORMANCE.md from bench/results (--quick: of the quick ones).',
)
const folder = out ?? join(PROJECT, 'docs')
const files = BENCHES.map((bench) => resultFile(bench, quick)).filter(existsSync)
if (files.length === 0) throw new Error('Expected results in bench/results, found none: npm run bench')

const results = files.map(readResult)
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'PERFORMANCE.md'), performancePage(results))
const speed = results.find(({ bench }) => bench === 'speed')
if (speed) writeFileSync(join(folder, CHART_FILE), stageChart(speed))
console.log(
  `written: ${join(folder, 'PERFORMANCE.md')}, from ${results.map(({ bench }) => bench).join(', ')}`,
)
