/**
 * Labels gathered speech with the project's own romanizer.
 *
 *   npx tsx models/training/label.ts DATA             adds `rom` to every row of DATA/*.jsonl
 *   npx tsx models/training/label.ts DATA SONGS OUT   writes OUT/NAME.json, the romanized words of SONGS/NAME.json
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { romanize } from '../../src/lyrics/romanize.ts'

type Row = { text: string; lang: string; rom?: string }
type Song = { lang: string; lines: { words: [number, number, string][] }[] }

/** Syllable recordings are named in pinyin with a tone digit. */
const PINYIN = /^([a-z]+)[1-5]?$/

function label(row: Row): string {
  if (row.text.startsWith('_')) return ''
  const syllable = row.lang === 'zh' ? PINYIN.exec(row.text)?.[1] : undefined
  return syllable ?? romanize(row.text, row.lang)
}

function labelSources(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.jsonl'))) {
    const path = join(folder, name)
    const rows = readFileSync(path, 'utf8').trim().split('\n').map((line): Row => JSON.parse(line))
    let changed = 0
    for (const row of rows) {
      const rom = label(row)
      if (rom !== row.rom) changed += 1
      row.rom = rom
    }
    writeFileSync(path, `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`)
    console.log(`${name}: ${rows.length} rows, ${changed} labels changed, ${rows.filter((row) => row.rom === '').length} empty`)
  }
}

function labelSongs(songs: string, out: string): void {
  mkdirSync(out, { recursive: true })
  for (const name of readdirSync(songs).filter((file) => file.endsWith('.json'))) {
    const song: Song = JSON.parse(readFileSync(join(songs, name), 'utf8'))
    const words = song.lines.flatMap((line) => line.words.map(([, , text]) => romanize(text, song.lang).replaceAll(' ', '')))
    writeFileSync(join(out, name), JSON.stringify(words))
  }
}

const [data, songs, out] = process.argv.slice(2)
if (!data) throw new Error('label.ts DATA [SONGS OUT]')
if (songs && out) labelSongs(songs, out)
else labelSources(data)
