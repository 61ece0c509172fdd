import { searchSong } from '../src/engine/search.ts'
import { assemble } from '../src/lyrics/assemble.ts'
import { parseLyrics } from '../src/lyrics/parse.ts'
import { unitsOf } from '../src/lyrics/units.ts'
import { assess } from '../src/quality/assess.ts'
import type { Emissions, LyricLine, Structure, Unit } from '../src/types.ts'

export const VOCABULARY = ['<blank>', ...'abcdefghijklmnopqrstuvwxyz', "'"]
export const HOP = 0.02
// A letter is heard for a frame and held for three: twelve letters a second.
const HELD = 3
const BREATH = 25

/** A sound, and when each of its lines starts, seconds. */
export type Sound = { emissions: Emissions; starts: number[]; duration: number }

/** What a model would hear of these lines, sung one after the other: one letter is nearly certain at a time. */
export function sing(lines: readonly string[], { certainty = 0.9, pause = BREATH } = {}): Sound {
  const heard: { token: number; voice: number }[] = []
  const silence = (frames: number) => {
    for (let i = 0; i < frames; i++) heard.push({ token: 0, voice: 0.01 })
  }
  const starts: number[] = []
  silence(pause)
  for (const line of lines) {
    starts.push(heard.length * HOP)
    for (const letter of line.replaceAll(' ', '')) {
      heard.push({ token: VOCABULARY.indexOf(letter), voice: 0.95 })
      for (let i = 0; i < HELD; i++) heard.push({ token: 0, voice: 0.95 })
    }
    silence(pause)
  }
  const size = VOCABULARY.length
  const logProbs = new Float32Array(heard.length * size).fill(Math.log((1 - certainty) / (size - 1)))
  heard.forEach(({ token }, t) => {
    logProbs[t * size + token] = Math.log(certainty)
  })
  const voice = Float32Array.from(heard, (frame) => frame.voice)
  const emissions = { logProbs, frames: heard.length, vocabulary: VOCABULARY, blank: 0, hop: HOP, voice }
  return { emissions, starts, duration: heard.length * HOP }
}

export type Given = { lines: LyricLine[]; text: Unit[] }

export function given(lyrics: string): Given {
  const lines = parseLyrics(lyrics)
  return { lines, text: unitsOf(lines, 'en') }
}

/** The way of the pipeline from what was heard to the answer. */
export function alignSound(
  { emissions, duration }: Sound,
  lyrics: string,
  { structure = 'free', checkpoint }: { structure?: Structure; checkpoint?: () => void } = {},
) {
  const { lines, text } = given(lyrics)
  const song = searchSong(emissions, lines, text, { structure, checkpoint })
  const { visits, units, spans } = song.found
  const timed = assemble(visits.length, units, spans, duration)
  return assess({ ...song, lines, text, timed, emissions, duration })
}

const CONSONANTS = 'bdfgklmnprst'
const VOWELS = 'aeiou'

/** Lines of made words, each unlike the others: the same seed gives the same ones. */
export function madeLines(count: number, seed: number, words = 4): string[] {
  const random = randomFrom(seed)
  const pick = (letters: string) => letters[Math.floor(random() * letters.length)]!
  const word = () => pick(CONSONANTS) + pick(VOWELS) + pick(CONSONANTS) + pick(VOWELS)
  return Array.from({ length: count }, () => Array.from({ length: words }, word).join(' '))
}

/** A small generator with a seed, so that a failure can be seen again. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  // Seeds that are alike start alike.
  for (let i = 0; i < 5; i++) next()
  return next
}
