/** Where credits stand: before the first verse, and after the last. */
import type { LyricLine } from '../types.ts'
import { type CreditForm, creditForm, isTrade } from './credits.ts'

/** A line as it is looked at here: `text` without time tags, white space as it was. */
export type PlacedLine = {
  kind: LyricLine['kind']
  text: string
  /** Whether it begins a part of the song: no credits are behind it, or before it at the end. */
  isSection: boolean
  /** Whether it is known to be a credit by itself. */
  isCredit: boolean
}

type Formed = 'blank' | 'aside' | 'sung' | NonNullable<CreditForm>

/** Title and artist, before the credits. */
const MOST_TITLES = 2
/** Names that go on in lines of their own, between two credits. */
const MOST_NAMES = 2
/** A song has at least as many sung lines behind its credits, or they are no title. */
const FEWEST_SUNG = 4

/**
 * Finds credits among lines that could be sung, by form and place: a run of credits before the first verse or behind the last
 * that has at least one line with a role and a name. What is doubtful stays sung: the sound decides.
 */
export function creditLines(lines: readonly PlacedLine[]): Set<number> {
  const found = new Set<number>()
  const forms = lines.map(formOf)
  const sung = forms.filter((form) => isText(form)).length
  const head = headOf(lines, forms)
  const headEnd = head.at(-1) ?? -1
  for (const at of head) found.add(at)
  for (const at of tailOf(lines, forms, headEnd)) found.add(at)
  // where nothing would be left to sing, only what is surely a credit is one
  if (found.size === sung) return new Set([...found].filter((at) => forms[at] === 'role'))
  // titles are told by what follows them, and only where that is a song
  if (sung - found.size >= FEWEST_SUNG) for (const at of titlesOf(lines, forms)) found.add(at)
  return found
}

function formOf({ kind, text, isCredit }: PlacedLine): Formed {
  if (isCredit) return 'role'
  if (kind !== 'sung') return kind === 'blank' ? 'blank' : 'aside'
  return creditForm(text) ?? 'sung'
}

function isText(form: Formed): boolean {
  return form !== 'blank' && form !== 'aside'
}

/** The run that begins behind the titles: up to its last role, and what surely belongs to it behind that. */
function headOf(lines: readonly PlacedLine[], forms: readonly Formed[]): number[] {
  const first = firstCredit(lines, forms)
  const last = first === undefined ? undefined : lastOfRun(lines, forms, first, 1)
  if (first === undefined || last === undefined) return []
  const end = withTrades(lines, forms, last, 1)
  return between(first, end).filter((at) => isText(forms[at]!))
}

/** The same from the end of the text, up to where the head ends. */
function tailOf(lines: readonly PlacedLine[], forms: readonly Formed[], headEnd: number): number[] {
  let last = lines.length - 1
  while (last > headEnd && !isText(forms[last]!) && !lines[last]!.isSection) last--
  if (last <= headEnd || forms[last] === 'sung') return []
  const first = lastOfRun(lines, forms, last, -1, headEnd)
  if (first === undefined) return []
  const start = withTrades(lines, forms, first, -1)
  return between(Math.max(start, headEnd + 1), last).filter((at) => isText(forms[at]!))
}

/** The first line that is a credit by its form, where at most titles are before it. */
function firstCredit(lines: readonly PlacedLine[], forms: readonly Formed[]): number | undefined {
  let titles = 0
  for (let at = 0; at < lines.length && !lines[at]!.isSection; at++) {
    const form = forms[at]!
    if (form === 'role' || form === 'part') return at
    if (isText(form) && ++titles > MOST_TITLES) return undefined
  }
  return undefined
}

/** The last line with a role of a run that goes on from a place in a direction; names alone may stand between two credits. */
function lastOfRun(
  lines: readonly PlacedLine[],
  forms: readonly Formed[],
  from: number,
  step: 1 | -1,
  stop = -1,
): number | undefined {
  let last: number | undefined
  let names = 0
  for (let at = from; at > stop && at < lines.length && !lines[at]!.isSection; at += step) {
    const form = forms[at]!
    if (form === 'role') last = at
    if (form === 'role' || form === 'part') names = 0
    else if (form === 'sung' || (form === 'name' && ++names > MOST_NAMES)) break
  }
  return last
}

/** Lines that look like credits right behind the last role: only where a gap follows, or their label is that of a trade. */
function withTrades(
  lines: readonly PlacedLine[],
  forms: readonly Formed[],
  last: number,
  step: 1 | -1,
): number {
  let end = last
  let at = last + step
  for (; forms[at] === 'part'; at += step) if (isTrade(lines[at]!.text)) end = at
  return isText(forms[at] ?? 'blank') ? end : at - step
}

/** Title and artist: at most two short lines that begin the text, right before its first credit. */
function titlesOf(lines: readonly PlacedLine[], forms: readonly Formed[]): number[] {
  const titles: number[] = []
  for (let at = 0; at < lines.length && !lines[at]!.isSection; at++) {
    const form = forms[at]!
    const next = forms[at + 1]
    if (form === 'role') return titles
    if (form === 'part') return []
    if (!isText(form)) continue
    if (form !== 'name' || titles.push(at) > MOST_TITLES) return []
    // a blank line between them: only a title with its artist is surely one
    if (next === 'blank' && !/\s[-–—]\s/u.test(lines[at]!.text)) return []
  }
  return []
}

function between(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
}
