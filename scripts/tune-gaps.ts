/**
 * Shows what the gap costs of src/ctc/gaps.ts do on songs with reference timings: `tune-gaps.ts FOLDER [MODEL]`.
 * Every song is decoded and heard once, then aligned with each cost halved and doubled.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { readAudio } from '../src/audio/read.ts'
import { measure } from '../src/cli/evaluate/measure.ts'
import { isLost, mean } from '../src/cli/evaluate/score.ts'
import { readSongs, type Song } from '../src/cli/evaluate/songs.ts'
import { alignUnits, shiftOnsets } from '../src/ctc/align.ts'
import { listen } from '../src/ctc/emissions.ts'
import { GAP_COSTS, type GapCosts } from '../src/ctc/gaps.ts'
import { loadCtcModel } from '../src/ctc/model.ts'
import { assemble, layOut } from '../src/lyrics/assemble.ts'
import { detectLanguage } from '../src/lyrics/language.ts'
import { parseLyrics } from '../src/lyrics/parse.ts'
import { unitsOf } from '../src/lyrics/units.ts'
import type { Alignment, Emissions, LyricLine, Unit } from '../src/types.ts'

const LONGEST_SONG = 3600

const [, , folder, modelFolder = embeddedModel()] = process.argv
if (!folder) throw new Error('Expected: tune-gaps.ts FOLDER [MODEL]')
const model = await loadCtcModel(modelFolder)

type HeardSong = { song: Song; lines: LyricLine[]; units: Unit[]; emissions: Emissions; duration: number }

const heard: HeardSong[] = []
for (const song of readSongs(folder)) heard.push(await hear(song))
await model.release()

const head = ['words <0.3s', 'mean', 'lines <0.3s', '<1s', 'mean', 'lost'].map((title) => title.padStart(11))
console.log(`${'costs'.padEnd(28)}${head.join('')}`)
console.log(await row('as they are', GAP_COSTS))
for (const name of Object.keys(GAP_COSTS) as (keyof GapCosts)[]) {
  for (const factor of [0.5, 2]) {
    const cost = GAP_COSTS[name] * factor
    console.log(await row(`${name} ${cost}`, { ...GAP_COSTS, [name]: cost }))
  }
}

async function hear(song: Song): Promise<HeardSong> {
  const { sampleRate } = model.description
  const lines = parseLyrics(song.lyrics)
  const language = detectLanguage(lines)
  const pcm = await readAudio(readFileSync(song.audio), { sampleRate, maxSeconds: LONGEST_SONG })
  return {
    song,
    lines,
    units: await unitsOf(lines, language),
    emissions: await listen(model, pcm, language),
    duration: pcm.samples.length / sampleRate,
  }
}

/** The means over all songs. */
async function row(name: string, costs: GapCosts): Promise<string> {
  const { signal } = new AbortController()
  const results = await Promise.all(
    heard.map((each) => measure(each.song, { align: async () => place(each, costs) }, 'auto', signal)),
  )
  const words = results.flatMap((result) => result.words ?? [])
  const lines = results.map((result) => result.lines)
  const lost = results.filter(isLost).length
  const figures = [
    mean(words.map((each) => each.within300ms)),
    mean(words.map((each) => each.mean)),
    mean(lines.map((each) => each.within300ms)),
    mean(lines.map((each) => each.within1s)),
    mean(lines.map((each) => each.mean)),
  ]
  const cells = [...figures.map((figure) => figure.toFixed(3)), String(lost)]
  return name.padEnd(28) + cells.map((cell) => cell.padStart(11)).join('')
}

/** Times alone, each line once and in order: how far they can be trusted does not matter here. */
function place({ lines, units, emissions, duration }: HeardSong, costs: GapCosts): Alignment {
  const found = alignUnits(emissions, units, { costs })
  const spans = shiftOnsets(found.spans, model.description.onsetShiftSeconds)
  const visits = assemble(found.visits.length, found.units, spans, duration)
  const times = new Map(found.visits.map(({ line }, i) => [line.index, visits[i]!]))
  return {
    duration,
    language: '',
    model: { name: model.description.name, version: model.description.version, engine: 'ctc' },
    lines: layOut(lines, units, times, duration).map(({ line, start, end, units: sung }) => ({
      text: line.text,
      start,
      end,
      status: line.kind === 'sung' ? 'aligned' : line.kind,
      confidence: null,
      units: sung,
      occurrences: [],
    })),
    performance: [],
    extra: [],
    verdict: {
      level: 'good',
      sungLines: 0,
      alignedLines: 0,
      confidence: 0,
      covered: null,
      sung: 0,
      reasons: [],
    },
  }
}

function embeddedModel(): string {
  return dirname(createRequire(import.meta.url).resolve('#embedded-model/manifest.json'))
}
