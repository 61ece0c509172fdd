import { picture, pixel, text } from '../../src/cli/evaluate/svg.ts'
import { type Measurement, select, type TrialResult, value } from '../figures/result.ts'
import { table } from '../figures/table.ts'
import { distinct, runOf } from './values.ts'

/** Bins of equal width that confidences are counted in. */
export const CONFIDENCE_BINS = 20
/** Where docs/structure.md refers to the picture, from docs/. */
export const TRUST_CHART = 'trust.svg'

/** From this confidence on a line is called aligned (src/quality/assess.ts). */
const ALIGNED_FROM = 0.85

/** What became of each variant. */
export function trustTable(measurements: readonly Measurement[]): string {
  const figures = { measurements }
  const variants = distinct(measurements.flatMap(({ at }) => (at.variant === undefined ? [] : [at.variant])))
  const rows = variants.map((variant) => {
    const of = (metric: string) => value(figures, metric, { variant }) ?? 0
    return [
      String(variant),
      share(of('right'), of('lines')),
      `${share(of('wrong'), of('aligned'))} of ${of('aligned')}`,
      share(of('unsung'), of('absent')),
      share(of('found'), of('sung')),
      share(of('precise'), of('told')),
      `${of('good')} good, ${of('mixed')} mixed, ${of('unreliable')} unreliable`,
    ]
  })
  const head = [
    'lyrics',
    'lines within 1 s',
    'of lines called aligned, wrong',
    'of lines not sung, unsung',
    'performance: recall',
    'precision',
    'verdicts',
  ]
  return table(head, rows)
}

function share(part: number, whole: number): string {
  return whole > 0 ? `${((100 * part) / whole).toFixed(1)} %` : '-'
}

/** The generated block of docs/structure.md. */
export function trustBlock(result: TrialResult | undefined): string {
  if (!result) return 'No figures are kept yet: `npm run bench:trust`'
  const { origin, quick, notes, measurements } = result
  const { run, warning } = runOf('npm run bench:trust', origin, quick)
  return [
    trustTable(measurements),
    `![Reliability and ROC](${TRUST_CHART})`,
    `${notes.join(' ')} ${run}; ${origin.model.name} ${origin.model.version}.${warning}`,
  ].join('\n\n')
}

type Bin = { from: number; claims: number; right: number; confidence: number }

const SIDE = 300
const GAP = 90
const [LEFT, TOP] = [60, 46]
const WIDTH = LEFT + SIDE + GAP + SIDE + 30
const HEIGHT = TOP + SIDE + 50

/** Reliability (how often lines of a confidence are right) and ROC (right ones kept against wrong ones kept), over all variants. */
export function trustChart(result: TrialResult): string {
  const bins = binsOf(result)
  return picture(WIDTH, HEIGHT, [
    panel(
      LEFT,
      'Reliability: a dot for each twentieth',
      'confidence',
      'share that is right',
      reliability(bins),
    ),
    panel(
      LEFT + SIDE + GAP,
      `ROC: area ${area(bins).toFixed(4)}`,
      'wrong ones kept',
      'right ones kept',
      roc(bins),
    ),
  ])
}

function binsOf(result: TrialResult): Bin[] {
  return Array.from({ length: CONFIDENCE_BINS }, (_, bin) => {
    const of = (metric: string) => select(result, metric, { bin })[0]?.values[0] ?? 0
    return {
      from: bin / CONFIDENCE_BINS,
      claims: of('claims'),
      right: of('right claims'),
      confidence: of('mean confidence'),
    }
  })
}

/** A square with both axes from 0 to 1; what is in it is drawn in pixels from its lower left corner. */
function panel(x: number, title: string, below: string, beside: string, content: readonly string[]): string {
  const marks = [0, 0.25, 0.5, 0.75, 1].map((at) =>
    [
      text(at * SIDE, SIDE + 14, String(at), 'text-anchor="middle" fill="#667"'),
      text(-6, (1 - at) * SIDE + 4, String(at), 'text-anchor="end" fill="#667"'),
    ].join(''),
  )
  return [
    `<g transform="translate(${x} ${TOP})">`,
    text(0, -14, title, 'font-size="13" font-weight="600"'),
    `<rect width="${SIDE}" height="${SIDE}" fill="#f6f7f9"/>`,
    `<line x1="0" y1="${SIDE}" x2="${SIDE}" y2="0" stroke="#c8ccd4"/>`,
    ...marks,
    text(SIDE / 2, SIDE + 32, below, 'text-anchor="middle" fill="#444"'),
    `<g transform="rotate(-90)">${text(-SIDE / 2, -36, beside, 'text-anchor="middle" fill="#444"')}</g>`,
    ...content,
    '</g>',
  ].join('\n')
}

function reliability(bins: readonly Bin[]): string[] {
  return bins
    .filter(({ claims }) => claims > 0)
    .map(({ confidence, right, claims }) => {
      const [x, y] = at(confidence, right / claims)
      const radius = pixel(Math.max(2, Math.min(10, Math.log2(claims + 1))))
      const title = `<title>${claims} lines of confidence ${confidence.toFixed(2)}: ${share(right, claims)} right</title>`
      return `<circle cx="${x}" cy="${y}" r="${radius}" fill="#0a7d5a" fill-opacity="0.6">${title}</circle>`
    })
}

/** Shares of the wrong and of the right lines with a confidence from that of each bin on, from the strictest to the laxest. */
function curve(bins: readonly Bin[]): { from: number; wrong: number; right: number }[] {
  const right = sum(bins.map((bin) => bin.right))
  const wrong = sum(bins.map((bin) => bin.claims - bin.right))
  return [...bins, undefined].map((bin, i) => {
    const kept = bin ? bins.slice(i) : []
    return {
      from: bin?.from ?? 1,
      wrong: wrong > 0 ? sum(kept.map((each) => each.claims - each.right)) / wrong : 0,
      right: right > 0 ? sum(kept.map((each) => each.right)) / right : 0,
    }
  })
}

function roc(bins: readonly Bin[]): string[] {
  const points = curve(bins)
  const path = points.map(({ wrong, right }, i) => `${i === 0 ? 'M' : 'L'}${at(wrong, right).join(' ')}`)
  const used = points.find(({ from }) => from >= ALIGNED_FROM - 1e-9)
  const mark = used
    ? [
        `<circle cx="${at(used.wrong, used.right)[0]}" cy="${at(used.wrong, used.right)[1]}" r="4" fill="#d1495b"/>`,
        text(14, 40, `aligned: confidence from ${ALIGNED_FROM} on`, 'fill="#d1495b"'),
      ]
    : []
  return [`<path d="${path.join('')}" stroke="#0a7d5a" stroke-width="2" fill="none"/>`, ...mark]
}

/** By trapezoids. */
function area(bins: readonly Bin[]): number {
  const points = curve(bins).reverse()
  return sum(
    points
      .slice(1)
      .map(({ wrong, right }, i) => ((wrong - points[i]!.wrong) * (right + points[i]!.right)) / 2),
  )
}

function at(x: number, y: number): [number, number] {
  return [pixel(x * SIDE), pixel((1 - y) * SIDE)]
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0)
}
