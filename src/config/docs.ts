import { ERROR_CODES } from '../errors.ts'
import { CONFIG_TABLE } from './table.ts'

/** The settings as a Markdown table. */
export function configTable(): string {
  const rows = Object.values(CONFIG_TABLE).map((setting) => {
    const unset = 'blank' in setting ? setting.blank : `\`${setting.fallback}\``
    const also =
      'aliases' in setting
        ? ` Also read from ${setting.aliases.map((name) => `\`${name}\``).join(', ')}.`
        : ''
    return [`\`${setting.name}\``, unset, cell(setting.reader.expected), cell(setting.about) + also]
  })
  return markdownTable(['Variable', 'Where not set', 'Expected', 'What it is'], rows)
}

/** The error codes as a Markdown table, by status. */
export function errorTable(): string {
  const rows = Object.entries(ERROR_CODES)
    .sort(([, a], [, b]) => a.status - b.status)
    .map(([code, info]) => {
      const status =
        'statusIfRetryable' in info ? `${info.status}, ${info.statusIfRetryable}` : String(info.status)
      const retryable =
        'statusIfRetryable' in info ? `with ${info.statusIfRetryable}` : info.retryable ? 'yes' : 'no'
      return [status, `\`${code}\``, cell(info.when), retryable]
    })
  return markdownTable(['Status', 'Code', 'When', 'Worth trying again'], rows)
}

/** The contents of .env.example: every setting with its explanation and default, commented out. */
export function envExample(): string {
  const settings = Object.values(CONFIG_TABLE).map((setting) => {
    const unset = 'blank' in setting ? ` Where not set: ${setting.blank}.` : ''
    const example = `# ${setting.name}=${setting.fallback ?? ''}`
    return `# ${setting.about}\n# Expected: ${setting.reader.expected}.${unset}\n${example}\n`
  })
  return [HEAD, COMPOSE, ...settings].join('\n')
}

const HEAD = `# Settings of sow-align. Copy to .env, and take away the # before those to be changed.
# Variables of the real environment win over this file. An empty value is as good as none.
# Values with $, # or spaces at their ends belong in single quotes.
`

const COMPOSE = `# For docker compose alone: the folder on the host that holds a model, mounted read-only. It must begin with / or ./
# Where not set: the embedded model, and /health says so.
# SOW_QWEN3_MODEL_VOLUME=

# For docker compose alone: the address of the host on which the port is published. Others than those of this machine
# need SOW_QWEN3_API_KEY, or the service does not start.
# Where not set: 127.0.0.1, this machine alone.
# SOW_QWEN3_PUBLISH=
`

function markdownTable(head: string[], rows: string[][]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return lines.join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
