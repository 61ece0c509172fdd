import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { AlignError, type FolderItem, type SongSummary } from '../../index.ts'
import { isAsBadAs, totalsOf, worstFirst } from './order.ts'
import { checkReport, kindOfReport, writeReport } from './report.ts'
import { planText, tableOf } from './table.ts'
import { clock } from './text.ts'

const folder = mkdtempSync(join(tmpdir(), 'sow-report-'))

function done(
  name: string,
  level: SongSummary['level'],
  confidence: number,
  more: Partial<SongSummary> = {},
): FolderItem {
  const summary: SongSummary = {
    level,
    confidence,
    sungLines: 3,
    alignedLines: 2,
    duration: 61.4,
    language: 'en',
    reasons: [],
    doubtful: [],
    ...more,
  }
  const lyrics = join(folder, `${name}.txt`)
  const files = [join(folder, `${name}.lrc`)]
  return { state: 'unchanged', recording: join(folder, `${name}.mp3`), lyrics, files, summary, edited: [] }
}

const HOSTILE = `<img src=x onerror=alert(1)>&"'`
const ITEMS: FolderItem[] = [
  done('sub/good #1', 'good', 0.9),
  done('mixed', 'mixed', 0.5),
  done('worse', 'mixed', 0.4, {
    reasons: [HOSTILE],
    doubtful: [{ line: 4, start: 12.34, status: 'suspect', text: HOSTILE }],
  }),
  { state: 'skipped', recording: join(folder, 'none.mp3'), files: [], reason: 'no lyrics' },
  done('=1+1', 'unreliable', 0.1),
  {
    state: 'failed',
    recording: join(folder, `${HOSTILE.replace('/', '')}.mp3`),
    files: [join(folder, 'x.lrc')],
    error: new AlignError('AUDIO_UNREADABLE', 'Expected audio, got none'),
  },
]

function report(name: string, page?: string): string {
  const file = join(folder, name)
  writeReport(file, ITEMS, page)
  return readFileSync(file, 'utf8')
}

test('the worst comes first, and what was left out last', () => {
  const names = worstFirst(ITEMS).map(({ recording }) => recording.slice(folder.length + 1, -4))
  expect(names.slice(1)).toEqual(['=1+1', 'worse', 'mixed', 'sub/good #1', 'none'])
  expect(totalsOf(ITEMS)).toMatchObject({
    good: 1,
    mixed: 2,
    unreliable: 1,
    failed: 1,
    skipped: 1,
    unchanged: 4,
  })
  expect(isAsBadAs('mixed', 'unreliable')).toBe(false)
  expect(['unreliable', 'mixed'].every((level) => isAsBadAs(level as 'mixed', 'mixed'))).toBe(true)
})

describe('reports', () => {
  test('HTML has a row for every song, links that lead to files and the page, and nothing of a name as markup', () => {
    const html = report('a.html', 'https://example.com/align/')
    expect(html.match(/<tr class=/g)).toHaveLength(ITEMS.length)
    expect(html).not.toContain('<img')
    expect(html).not.toMatch(/<script/i)
    expect(html).toContain('href="./sub/good%20%231.mp3"')
    const [, address] = /href="(https:[^"]*worse[^"]*)"/.exec(html)!
    const url = new URL(address!.replaceAll('&amp;', '&'))
    expect(url.origin + url.pathname).toBe('https://example.com/align/')
    const wanted = Object.fromEntries(new URLSearchParams(url.hash.slice(1)))
    expect(wanted).toEqual({ song: 'worse.mp3', lyrics: 'worse.txt', line: '5', at: '12.34' })
  })

  test('JSON has figures and what was written', () => {
    const { totals, songs } = JSON.parse(report('a.json'))
    expect(totals.failed).toBe(1)
    expect(songs[0]).toMatchObject({ result: 'failed', files: [], error: { code: 'AUDIO_UNREADABLE' } })
    expect(songs[2]).toMatchObject({
      recording: 'worse.mp3',
      files: ['worse.lrc'],
      doubtful: [{ line: 4, start_time: 12.34 }],
    })
  })

  test('CSV has a line for every song, and no cell that a spreadsheet would compute', () => {
    const csv = report('a.csv')
    expect(csv.trimEnd().split('\n')).toHaveLength(1 + ITEMS.length)
    expect(csv).toContain(",'=1+1.mp3,")
  })

  test('one of ours is written anew, a file of others is not', () => {
    for (const name of ['a.html', 'a.json', 'a.csv']) {
      report(name)
      expect(() => checkReport(join(folder, name), false)).not.toThrow()
      writeFileSync(join(folder, name), 'mine')
      expect(() => checkReport(join(folder, name), false)).toThrow(
        expect.objectContaining({ code: 'OUTPUT_EXISTS' }),
      )
      expect(() => checkReport(join(folder, name), true)).not.toThrow()
    }
    expect(kindOfReport('report.pdf')).toBeUndefined()
  })
})

test('the table leaves out many good ones, never one to be looked at', () => {
  const many = Array.from({ length: 200 }, (_, i) => done(`${i}`, i < 70 ? 'mixed' : 'good', i / 200))
  const table = tableOf(many, totalsOf(many))
  expect(table.match(/^mixed /gm)).toHaveLength(70)
  expect(table).toContain('... and 130 more')
  expect(table).toContain('200 songs: 130 good, 70 mixed')
})

test('names do not reach the terminal as orders', () => {
  const item: FolderItem = { state: 'skipped', recording: '/a\u001b[2J.mp3', files: [], reason: 'x\u0007' }
  const both = tableOf([item], totalsOf([item])) + planText([item])
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  expect(both).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
})

test.each([
  [0.4, '0:00'],
  [61.4, '1:01'],
  [3599.6, '1:00:00'],
])('%d seconds are %s', (seconds, text) => expect(clock(seconds)).toBe(text))
