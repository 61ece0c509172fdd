/**
 * What becomes of a song whose lyrics are not what is sung: `npm run bench:trust -- --songs DIR`. Lyrics are changed in the ways
 * of trust/variants.ts; told are the lines within a second of where they are sung, how many of those called aligned are wrong,
 * and how much of the performance is found (recall) and right (precision).
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Alignment, createAligner } from '../src/index.ts'
import { readOptions } from './figures/options.ts'
import { PROJECT } from './figures/project.ts'
import { readSongs, type Song } from './trust/song.ts'
import { type GivenLine, randomFrom, VARIANTS, wordsOf } from './trust/variants.ts'

const options = readOptions('Tries lyrics that are not what is sung on songs with known times.', {
  songs: {
    type: 'string',
    about: 'folder of NAME.json ({lang, lines}) beside NAME.mp3 (default: ../shared/songs)',
  },
})
const folder = options.songs ?? join(PROJECT, '..', 'shared', 'songs')
if (!existsSync(folder)) {
  console.log(
    `No songs at ${folder}: name a folder of songs with reference timings by --songs. Nothing measured.`,
  )
  process.exit(0)
}

const LONGEST_SONG = 3600
const QUICK_SONGS = 2
const SEED = 1
const WITHIN = 1 // second

const all = readSongs(folder)
const songs = options.quick ? all.slice(0, QUICK_SONGS) : all
await using aligner = await createAligner({
  maxAudioSeconds: LONGEST_SONG,
  ...(options.model && { modelPath: options.model }),
})

type Count = Record<
  'lines' | 'right' | 'aligned' | 'wrong' | 'absent' | 'unsung' | 'sung' | 'found' | 'told' | 'precise',
  number
>

console.log(
  'variant    within 1 s  called aligned: wrong  not sung: unsung  performance: recall  precision  verdicts',
)
for (const [variant, make] of Object.entries(VARIANTS)) {
  const random = randomFrom(SEED)
  const count: Count = {
    lines: 0,
    right: 0,
    aligned: 0,
    wrong: 0,
    absent: 0,
    unsung: 0,
    sung: 0,
    found: 0,
    told: 0,
    precise: 0,
  }
  const verdicts = { good: 0, mixed: 0, unreliable: 0 }
  for (const song of songs) {
    const given = make(song, all, random)
    if (!given) continue
    const lyrics = given.map(({ text }) => text).join('\n')
    const alignment = await aligner.align(song.audio, lyrics, { language: song.language })
    add(count, song, given, alignment)
    verdicts[alignment.verdict.level]++
  }
  const share = (part: number, whole: number) => (whole > 0 ? `${((100 * part) / whole).toFixed(1)} %` : '-')
  const cells = [
    share(count.right, count.lines).padStart(10),
    `${share(count.wrong, count.aligned)} of ${count.aligned}`.padStart(21),
    share(count.unsung, count.absent).padStart(16),
    share(count.found, count.sung).padStart(19),
    share(count.precise, count.told).padStart(9),
    `good ${verdicts.good}, mixed ${verdicts.mixed}, unreliable ${verdicts.unreliable}`,
  ]
  console.log(`${variant.padEnd(10)} ${cells.join('  ')}`)
}

function add(count: Count, song: Song, given: readonly GivenLine[], { lines, performance }: Alignment): void {
  given.forEach(({ starts }, i) => {
    const { start, status } = lines[i]!
    const isRight = starts.some((at) => Math.abs(at - start) <= WITHIN)
    if (starts.length === 0) {
      count.absent++
      if (status === 'unsung') count.unsung++
    } else {
      count.lines++
      if (isRight) count.right++
    }
    if (status !== 'aligned') return
    count.aligned++
    if (!isRight) count.wrong++
  })
  const texts = new Set(given.map(({ text }) => wordsOf(text)))
  const sung = song.lines
    .map(({ text, start }) => ({ words: wordsOf(text), start }))
    .filter(({ words }) => texts.has(words))
  const told = performance.map(({ line, start }) => ({ words: wordsOf(given[line]!.text), start }))
  count.sung += sung.length
  count.told += told.length
  count.found += sung.filter((each) => isIn(each, told)).length
  count.precise += told.filter((each) => isIn(each, sung)).length
}

type Sung = { words: string; start: number }

function isIn({ words, start }: Sung, list: readonly Sung[]): boolean {
  return list.some((each) => each.words === words && Math.abs(each.start - start) <= WITHIN)
}
