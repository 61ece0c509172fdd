import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isTrialResult, type TrialResult } from '../bench/figures/result.ts'
import { withBlocks } from '../bench/report/blocks.ts'
import { reliabilityBlocks } from '../bench/report/reliability.ts'
import { trustBlock, trustChart } from '../bench/report/trust.ts'
import { configTable, errorTable } from '../src/config/docs.ts'
import { SUPPORTED_LANGUAGES } from '../src/index.ts'
import { COMMANDS, commandsOf, GROUPS } from '../src/page/desk/keys.ts'
import { en } from '../src/page/words/en.ts'
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

/** The keys of the page, by what they do. */
function keyTable(): string {
  const rows = GROUPS.flatMap((group) =>
    commandsOf(group).map(
      (command) =>
        `| ${COMMANDS[command].keys.map((key) => `\`${key}\``).join(', ')} | ${en[`do_${command}`]} |`,
    ),
  )
  return ['| key | what |', '|---|---|', ...rows].join('\n')
}

/** docs/page.md with the keys made anew. */
export function pageWithBlocks(page: string): string {
  return withBlocks(page, { keys: keyTable })
}

/** The README with every block made anew. */
export function readmeWithBlocks(readme: string): string {
  return withBlocks(readme, BLOCKS)
}

/** docs/RELIABILITY.md with every block made anew. */
export function reliabilityWithBlocks(page: string): string {
  return withBlocks(page, reliabilityBlocks([...results().values()].filter(isTrialResult)))
}

/** docs/structure.md with its block made anew. */
export function structureWithBlocks(page: string): string {
  return withBlocks(page, { trust: () => trustBlock(trustResult()) })
}

/** docs/trust.svg; undefined where no figures are kept. */
export function trustPicture(): string | undefined {
  const result = trustResult()
  return result && trustChart(result)
}

function trustResult(): TrialResult | undefined {
  return [...results().values()].filter(isTrialResult).find(({ bench }) => bench === 'trust')
}

/** What the benches and `sow-align evaluate --json` have left in bench/results, by file name. */
function results(): Map<string, unknown> {
  if (!existsSync(RESULTS)) return new Map()
  const names = readdirSync(RESULTS).filter((name) => name.endsWith('.json') && !name.endsWith('.local.json'))
  return new Map(names.sort().map((name) => [name, JSON.parse(readFileSync(RESULTS + name, 'utf8'))]))
}
