/**
 * What becomes of a song whose lyrics are not what is sung: `npm run bench:trust -- --songs DIR`. Lyrics are changed in the ways
 * of trust/variants.ts; told are the lines within a second of where they are sung, how many of those called aligned are wrong,
 * and how much of the performance is found (recall) and right (precision).
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Alignment, createAligner } from '../src/index.ts'
import { readOptions } from './figures/options.ts'
import { modelIn, originOf } from './figures/origin.ts'
import { PROJECT } from './figures/project.ts'
import { type Measurement, record, writeResult } from './figures/result.ts'
import { CONFIDENCE_BINS, trustTable } from './report/trust.ts'
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

const measurements: Measurement[] = []
const claims = Array.from({ length: CONFIDENCE_BINS }, () => ({ lines: 0, right: 0, sum: 0 }))
for (const [variant, make] of Object.entries(VARIANTS)) {
  const random = randomFrom(SEED)
  const count = {
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
  for (const [name, value] of Object.entries({ ...count, ...verdicts }))
    record(measurements, { variant }, name, value, 'count', 'higher')
}
claims.forEach(({ lines, right, sum }, bin) => {
  record(measurements, { bin }, 'claims', lines, 'count', 'higher')
  record(measurements, { bin }, 'right claims', right, 'count', 'higher')
  record(measurements, { bin }, 'mean confidence', lines > 0 ? sum / lines : 0, 'share', 'higher')
})
const result = {
  bench: 'trust' as const,
  quick: options.quick,
  origin: originOf(modelIn(options.model)),
  notes: [`${songs.length} songs; every variant of each that the song allows, seed ${SEED}.`],
  measurements,
}
console.log(trustTable(measurements))
writeResult(result, options.out)

type Count = Record<
  'lines' | 'right' | 'aligned' | 'wrong' | 'absent' | 'unsung' | 'sung' | 'found' | 'told' | 'precise',
  number
>

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
  // Lines with mistakes in their words are in no list of what is sung.
  const words = new Set(song.lines.map(({ text }) => wordsOf(text)))
  const told = performance
    .map(({ line, start }) => ({ line, words: wordsOf(given[line]!.text), start }))
    .filter((each) => given[each.line]!.starts.length === 0 || words.has(each.words))
  count.sung += sung.length
  count.told += told.length
  count.found += sung.filter((each) => isIn(each, told)).length
  count.precise += told.filter((each) => isIn(each, sung)).length
  // With mistakes in the text the words are not the same, but the place is known.
  for (const { line, start, confidence } of performance) {
    const { text, starts } = given[line]!
    const bin = claims[Math.min(CONFIDENCE_BINS - 1, Math.floor(confidence * CONFIDENCE_BINS))]!
    const isRight =
      starts.some((at) => Math.abs(at - start) <= WITHIN) || isIn({ words: wordsOf(text), start }, sung)
    bin.lines++
    bin.sum += confidence
    if (isRight) bin.right++
  }
}

type Sung = { words: string; start: number }

function isIn({ words, start }: Sung, list: readonly Sung[]): boolean {
  return list.some((each) => each.words === words && Math.abs(each.start - start) <= WITHIN)
}
