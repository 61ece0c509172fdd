import { type Command, InvalidArgumentError, Option } from 'commander'
import { AlignError } from '../../index.ts'
import { wholeNumber } from '../options.ts'
import { kindOfReport, REPORT_ENDINGS } from './report.ts'

/** Options of many songs. */
export type SetOptions = {
  recursive?: boolean
  include?: string[]
  exclude?: string[]
  jobs?: number
  dryRun?: boolean
  force?: boolean
  report?: string
  pageUrl?: string
}

/** Adds the options that only many songs have. */
export function withSetOptions(command: Command): Command {
  return command
    .option('-r, --recursive', 'folders: look into the folders in them as well')
    .addOption(
      patternOption(
        '--include <pattern>',
        'folders: only recordings that fit, as in "*.flac"; may be repeated',
      ),
    )
    .addOption(
      patternOption('--exclude <pattern>', 'folders: nothing that fits, as in "demos"; may be repeated'),
    )
    .option(
      '-j, --jobs <n>',
      'folders: songs at once (default: SOW_QWEN3_MAX_CONCURRENT, or 1)',
      wholeNumber(1, 64),
    )
    .option('-n, --dry-run', 'folders: say what would be done, and do nothing')
    .option('--force', 'folders: align what is unchanged, too')
    .addOption(
      new Option(
        '--report <file>',
        `folders: write all results to a file, by its ending: ${REPORT_ENDINGS.join(', ')}`,
      ).argParser(reportFile),
    )
    .addOption(
      new Option(
        '--page-url <address>',
        'folders: where the service runs, for links in the report',
      ).argParser(pageAddress),
    )
}

function patternOption(flags: string, text: string): Option {
  return new Option(flags, text).argParser((pattern, earlier: string[] = []) => {
    if (pattern === '') throw new InvalidArgumentError('Expected a pattern.')
    return [...earlier, pattern]
  })
}

function reportFile(file: string, earlier: string | undefined): string {
  if (earlier !== undefined) throw new InvalidArgumentError(`Expected it once, got ${earlier} as well.`)
  if (kindOfReport(file) !== undefined) return file
  throw new InvalidArgumentError(`Expected a name that ends with one of ${REPORT_ENDINGS.join(', ')}.`)
}

function pageAddress(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new InvalidArgumentError('Expected an http(s) address, as in http://127.0.0.1:8000/.')
}

const NAMES = {
  recursive: '--recursive',
  include: '--include',
  exclude: '--exclude',
  jobs: '--jobs',
  dryRun: '--dry-run',
  force: '--force',
  report: '--report',
  pageUrl: '--page-url',
} as const satisfies Record<keyof SetOptions, string>

/** @throws AlignError CONFIG_INVALID where one song is given an option of many */
export function refuseSetOptions(options: SetOptions): void {
  const given = (Object.keys(NAMES) as (keyof SetOptions)[]).filter((name) => options[name] !== undefined)
  if (given.length === 0) return
  const names = given.map((name) => NAMES[name]).join(', ')
  throw new AlignError(
    'CONFIG_INVALID',
    `Expected a folder or songs without LYRICS for ${names}, got one song with its lyrics`,
  )
}

/** @throws AlignError CONFIG_INVALID where an option would do nothing beside the others */
export function checkTogether({ report, pageUrl, dryRun }: SetOptions): void {
  if (pageUrl !== undefined && report === undefined)
    throw new AlignError(
      'CONFIG_INVALID',
      'Expected --report with --page-url, whose links are in it, got none',
    )
  if (dryRun && report !== undefined)
    throw new AlignError('CONFIG_INVALID', 'Expected --dry-run or --report, got both: a plan has no results')
}
