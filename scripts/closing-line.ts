/** Prints the closing line of a vitest JSON report: `closing-line.ts REPORT LABEL`. Exits 1 when no test ran or one failed. */
import { readFileSync } from 'node:fs'

const [, , file, label] = process.argv
if (!file || !label) throw new Error('Expected: closing-line.ts REPORT LABEL')
const report = JSON.parse(readFileSync(file, 'utf8'))
console.log(
  `${label}: ${report.numPassedTests} passed, ${report.numFailedTests} failed, ${report.numPendingTests} skipped`,
)
process.exit(report.success && report.numPassedTests > 0 ? 0 : 1)
