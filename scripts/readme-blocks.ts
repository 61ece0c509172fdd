import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isTrialResult } from '../bench/figures/result.ts'
import { withBlocks } from '../bench/report/blocks.ts'
import { reliabilityBlocks } from '../bench/report/reliability.ts'
import { configTable, errorTable } from '../src/config/docs.ts'
import { SUPPORTED_LANGUAGES } from '../src/index.ts'
import { accuracyTables } from './accuracy-tables.ts'
import { benchTables } from './bench-tables.ts'

const RESULTS = fileURLToPath(new URL('../bench/results/', import.meta.url))

/** Every generated block of the README, by its name. */
const BLOCKS: Record<string, () => string> = {
  languages: () => `Supported: ${languages().join(', ')}.`,
  accuracy: () => accuracyTables(results()),
  speed: () => benchTables(results()),
  configuration: configTable,
  errors: errorTable,
}

function languages(): string[] {
  return Object.entries(SUPPORTED_LANGUAGES).map(([code, name]) => `${name} (\`${code}\`)`)
}

/** The README with every block made anew. */
export function readmeWithBlocks(readme: string): string {
  return withBlocks(readme, BLOCKS)
}

/** docs/RELIABILITY.md with every block made anew. */
export function reliabilityWithBlocks(page: string): string {
  return withBlocks(page, reliabilityBlocks([...results().values()].filter(isTrialResult)))
}

/** What the benches and `sow-align evaluate --json` have left in bench/results, by file name. */
function results(): Map<string, unknown> {
  if (!existsSync(RESULTS)) return new Map()
  const names = readdirSync(RESULTS).filter((name) => name.endsWith('.json') && !name.endsWith('.local.json'))
  return new Map(names.sort().map((name) => [name, JSON.parse(readFileSync(RESULTS + name, 'utf8'))]))
}
