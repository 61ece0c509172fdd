/** Compares two results of a bench: `compare.js BEFORE.json AFTER.json`. Exits 1 when something became worse. */
import { readResult } from './figures/result.ts'
import { digits, table } from './figures/table.ts'
import { compareResults, differences } from './report/compare.ts'

const [, , beforeFile, afterFile] = process.argv
if (!beforeFile || !afterFile) {
  console.error('Expected two results: npm run bench:compare -- BEFORE.json AFTER.json')
  process.exit(2)
}
const before = readResult(beforeFile)
const after = readResult(afterFile)
for (const difference of differences(before, after)) console.error(`warning: ${difference}`)

const comparisons = compareResults(before, after)
const rows = comparisons.map(({ key, unit, before, after, ratio, spread: [low, high], change }) => [
  key,
  unit,
  digits(before),
  digits(after),
  digits(ratio),
  `${digits(low)}–${digits(high)}`,
  change,
])
console.log(table(['measurement', 'unit', 'before', 'after', 'ratio', 'spread', 'change'], rows))
const worse = comparisons.filter(({ change }) => change === 'worse')
console.log(`\n${comparisons.length} compared, ${worse.length} worse`)
process.exitCode = worse.length > 0 ? 1 : 0
