import { VERSION } from '../../index.ts'
import type { ReportRow, Totals } from './order.ts'
import { clock } from './text.ts'

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #8886; }
td.figure, th.figure { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
td:first-child { font-weight: 600; border-inline-start: .4rem solid var(--level, transparent); white-space: nowrap; }
.failed, .unreliable { --level: #c62828; }
.mixed { --level: #b26a00; }
.good { --level: #2e7d32; }
ul { margin: .3rem 0 0; padding-inline-start: 1.2rem; }
`

/** A page of its own, without scripts and without anything from elsewhere. */
export function htmlReport(rows: readonly ReportRow[], totals: Totals): string {
  const { good, mixed, unreliable, failed, skipped, unchanged } = totals
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="sow-align">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Songs, the most doubtful first</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Songs, the most doubtful first</h1>
<p>${good} good, ${mixed} mixed, ${unreliable} unreliable, ${failed} failed, ${skipped} left out; ${unchanged} were done before.
sow-align ${escaped(VERSION)}</p>
<table>
<thead><tr><th scope="col">Result</th><th scope="col">Song</th><th scope="col" class="figure">Lines</th><th scope="col" class="figure">Trust</th><th scope="col" class="figure">Length</th><th scope="col">Files</th></tr></thead>
<tbody>
${rows.map(rowOf).join('\n')}
</tbody>
</table>
</body>
</html>
`
}

function rowOf({ level, recording, files, summary, remark, page }: ReportRow): string {
  const figures = summary
    ? [
        `${summary.alignedLines} of ${summary.sungLines}`,
        summary.confidence.toFixed(2),
        clock(summary.duration),
      ]
    : ['', '', '']
  const review = page === undefined ? '' : ` <a href="${escaped(page)}">open the page</a>`
  const doubtful = summary?.doubtful ?? []
  const lines = doubtful.map(
    ({ line, start, status, text }) =>
      `<li>line ${line + 1}${status === 'unsung' ? '' : ` at ${clock(start)}`}, ${escaped(status)}: <bdi>${escaped(text)}</bdi></li>`,
  )
  const details =
    lines.length === 0
      ? ''
      : `<details><summary>Lines to look at: ${lines.length}</summary><ul>${lines.join('')}</ul></details>`
  const song = `<bdi>${link(recording)}</bdi>${review}${remark === '' ? '' : `<div>${escaped(remark)}</div>`}${details}`
  const cells = figures.map((figure) => `<td class="figure">${figure}</td>`).join('')
  return `<tr class="${level}"><td>${level}</td><td>${song}</td>${cells}<td>${files.map(link).join('<br>')}</td></tr>`
}

/** A path from the report, as a link with its last part as text. */
function link(path: string): string {
  const href = path.split('/').map(encodeURIComponent).join('/')
  return `<a href="./${escaped(href)}" title="${escaped(path)}">${escaped(path.split('/').at(-1)!)}</a>`
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}
