import { isResult } from '../bench/figures/result.ts'
import { headlines } from '../bench/report/page.ts'

/** The few figures of the benches that the README has room for; docs/PERFORMANCE.md has all of them. */
export function benchTables(results: Map<string, unknown>): string {
  return headlines([...results.values()].filter(isResult))
}
