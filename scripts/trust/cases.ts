import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { readSongs, type Song } from '../../bench/trust/song.ts'
import { type GivenLine, randomFrom, VARIANTS, wordsOf } from '../../bench/trust/variants.ts'
import { readAudio } from '../../src/audio/read.ts'
import { listen } from '../../src/ctc/emissions.ts'
import { loadCtcModel } from '../../src/ctc/model.ts'
import { parseLyrics } from '../../src/lyrics/parse.ts'
import { unitsOf } from '../../src/lyrics/units.ts'
import type { Emissions, LyricLine, Unit } from '../../src/types.ts'

const LONGEST_SONG = 3600
const SHORTEST_SPLICED = 12
// What is cut lies a little before the onsets, so that they stay whole.
const LEAD_SECONDS = 0.15

export type HeardSong = Song & { emissions: Emissions; duration: number }

/** A text, the sound it is given with, and what is really sung in it. */
export type Case = {
  variant: string
  song: string
  given: GivenLine[]
  lines: LyricLine[]
  units: Unit[]
  emissions: Emissions
  duration: number
  sung: { words: string; start: number }[]
}

/** Songs as the model hears them; kept in .cache/trust, for the model takes most of the time. */
export async function hearSongs(folder: string, modelFolder: string): Promise<HeardSong[]> {
  const cache = '.cache/trust'
  mkdirSync(cache, { recursive: true })
  const model = await loadCtcModel(modelFolder)
  const { sampleRate } = model.description
  const heard: HeardSong[] = []
  for (const song of readSongs(folder)) {
    const file = join(cache, `${song.name}.${model.info.identity.slice(0, 16)}`)
    if (!existsSync(file)) {
      const pcm = await readAudio(readFileSync(song.audio), { sampleRate, maxSeconds: LONGEST_SONG })
      const emissions = await listen(model, pcm, song.language)
      writeFileSync(file, serialize({ emissions, duration: pcm.samples.length / sampleRate }))
    }
    heard.push({ ...song, ...deserialize(readFileSync(file)) })
  }
  await model.release()
  return heard
}

/** Every variant of every song: those with chance in them once for each seed. */
export async function casesOf(songs: readonly HeardSong[], seeds: readonly number[]): Promise<Case[]> {
  const cases: Case[] = []
  for (const [variant, make] of Object.entries(VARIANTS)) {
    const isRandom = make.length === 3
    for (const seed of isRandom ? seeds : seeds.slice(0, 1)) {
      const random = randomFrom(seed)
      for (const song of songs) {
        const given = make(song, songs, random)
        if (given) cases.push(await caseOf(variant, song, given, song))
      }
    }
  }
  // Of lyrics that are another song's there are many, and none may be believed.
  for (const song of songs) {
    for (const other of songs) {
      if (other === song) continue
      const given = other.lines.map(({ text }): GivenLine => ({ text, starts: [] }))
      cases.push(await caseOf('other', song, given, song))
    }
  }
  for (const seed of seeds) {
    const random = randomFrom(7919 * seed)
    for (const song of songs.filter(({ lines }) => lines.length >= SHORTEST_SPLICED)) {
      cases.push(await again(song, random), await cut(song, random))
    }
  }
  return cases
}

type Sound = Pick<HeardSong, 'emissions' | 'duration' | 'lines'>

async function caseOf(variant: string, song: HeardSong, given: GivenLine[], sound: Sound): Promise<Case> {
  const lines = parseLyrics(given.map(({ text }) => text).join('\n'))
  const units = await unitsOf(lines, song.language as Parameters<typeof unitsOf>[1])
  const sung = sound.lines.map(({ text, start }) => ({ words: wordsOf(text), start }))
  const { emissions, duration } = sound
  return { variant, song: song.name, given, lines, units, emissions, duration, sung }
}

/** A block of lines is sung once more, later, where the text has it once. */
async function again(song: HeardSong, random: () => number): Promise<Case> {
  const [from, to] = blockOf(song, random)
  const at = to + Math.floor(random() * (song.lines.length - to + 1))
  const start = startsOf(song)
  const sound = splice(song, [
    [0, start(at)],
    [start(from), start(to)],
    [start(at), song.duration],
  ])
  const later = start(to) - start(from)
  const given = song.lines.map((line, i): GivenLine => {
    const own = i < at ? line.start : line.start + later
    const repeated = i >= from && i < to ? [line.start - start(from) + start(at)] : []
    return { text: line.text, starts: [own, ...repeated] }
  })
  return caseOf('again', song, given, sound)
}

/** A block of lines that the text has is not sung. */
async function cut(song: HeardSong, random: () => number): Promise<Case> {
  const [from, to] = blockOf(song, random)
  const start = startsOf(song)
  const sound = splice(song, [
    [0, start(from)],
    [start(to), song.duration],
  ])
  const earlier = start(to) - start(from)
  const given = song.lines.map((line, i): GivenLine => {
    if (i < from) return { text: line.text, starts: [line.start] }
    return { text: line.text, starts: i < to ? [] : [line.start - earlier] }
  })
  return caseOf('cut', song, given, sound)
}

function blockOf({ lines }: Song, random: () => number): [from: number, to: number] {
  const count = 2 + Math.floor(random() * 6)
  const from = Math.floor(random() * (lines.length - count))
  return [from, from + count]
}

function startsOf({ lines, duration }: HeardSong): (i: number) => number {
  return (i) => Math.max(0, (lines[i]?.start ?? duration + LEAD_SECONDS) - LEAD_SECONDS)
}

/** Parts of what was heard, one after the other, and the lines that begin in them. */
function splice({ emissions, lines }: HeardSong, parts: readonly [number, number][]): Sound {
  const { hop, vocabulary, logProbs, voice } = emissions
  const size = vocabulary.length
  const cuts = parts.map(([from, to]) => [
    Math.round(from / hop),
    Math.min(emissions.frames, Math.round(to / hop)),
  ])
  const frames = cuts.reduce((sum, [from, to]) => sum + to! - from!, 0)
  const spliced = { logProbs: new Float32Array(frames * size), voice: new Float32Array(frames) }
  const sung: Song['lines'] = []
  let at = 0
  for (const [from, to] of cuts as [number, number][]) {
    spliced.logProbs.set(logProbs.subarray(from * size, to * size), at * size)
    if (voice) spliced.voice.set(voice.subarray(from, to), at)
    const later = (at - from) * hop
    for (const line of lines) {
      if (line.start < from * hop || line.start >= to * hop) continue
      sung.push({ ...line, start: line.start + later, end: line.end + later })
    }
    at += to - from
  }
  return { emissions: { ...emissions, ...spliced, frames }, lines: sung, duration: frames * hop }
}
