import type { Emissions, Unit } from '../types.ts'
import { alignUnits, type CtcAlignment } from './align.ts'
import { spell } from './spell.ts'
import { ALL_PATHS } from './viterbi.ts'

/**
 * How badly the sound fits a stretch of text: the nats per letter that its path lies below the likeliest sounds of the
 * same frames. 0 is a perfect fit.
 */
export type Fit = { deficit: number; letters: number }

/** How what was found fits the sound, and how a text fits that is not in it. */
export type Evidence = {
  /** By visit. */
  visits: Fit[]
  /** By unit of what is sung; undefined where nothing of the unit was found. */
  units: (Fit | undefined)[]
  /** Lines of the same letters read backwards, aligned to the same sound: what chance alone reaches. */
  decoys: Fit[]
  /** Share of frames with a voice under each visit; undefined where the model has no voice output. */
  voiced: (number | undefined)[]
}

// So many decoy lines make a usable sample of what chance reaches. A line or two need as many texts for them, which are
// searched in no time; of long texts with few lines, a few must do.
const ENOUGH_DECOYS = 24
const MOST_DECOY_LETTERS = 2_000
const PLACES = 4
// Of a text so long that its search leaves out paths, this many stretches are read backwards.
const STRETCHES = 3

/**
 * Measures how the alignment fits the sound, and repeats the search with the syllables of the whole text reversed (short
 * texts also with the reversed text started at other places, and the shortest in other orders). What comes out can be pronounced, has the same letters and
 * gaps, and is not sung, so it tells what fit is reached by a text that does not belong ("target-decoy", as in Elias &
 * Gygi 2007): no threshold depends on the model.
 */
export function evidenceOf(
  emissions: Emissions,
  text: readonly Unit[],
  found: CtcAlignment,
  checkpoint?: () => void,
): Evidence {
  const fits = fitsOf(emissions, found)
  const decoys: Fit[] = []
  const letters = Math.max(1, spell(text, emissions.vocabulary).tokens.length)
  const most = Math.max(PLACES, Math.min(ENOUGH_DECOYS, Math.ceil(MOST_DECOY_LETTERS / letters)))
  const stretches = stretchesOf(emissions, text, letters)
  for (let k = 0; k < most && decoys.length < ENOUGH_DECOYS; k++) {
    for (const stretch of stretches) {
      const decoy = decoyOf(stretch.units, k)
      const chance = alignUnits(stretch.emissions, decoy, { checkpoint })
      decoys.push(...fitsOf(stretch.emissions, chance).visits)
    }
  }
  return { ...fits, decoys }
}

type Stretch = { emissions: Emissions; units: readonly Unit[] }

/**
 * Where decoys are looked for. A text that does not fit keeps most paths within a beam, so that the decoys of an hour would
 * take longer than the hour's own text: there the beginning, the middle and the end stand for the whole, each with its share
 * of the recording.
 */
function stretchesOf(emissions: Emissions, units: readonly Unit[], letters: number): Stretch[] {
  const { frames } = emissions
  const count = Math.ceil(letters / MOST_DECOY_LETTERS)
  // A text that fills its recording might not fit into a part of it.
  if (frames * letters <= ALL_PATHS || count <= STRETCHES || frames < 2 * letters)
    return [{ emissions, units }]
  return Array.from({ length: STRETCHES }, (_, i) => {
    const k = Math.floor((i * (count - 1)) / (STRETCHES - 1))
    const part = (of: number) => [Math.floor((k * of) / count), Math.floor(((k + 1) * of) / count)] as const
    return { emissions: cut(emissions, ...part(frames)), units: units.slice(...part(units.length)) }
  })
}

function cut(emissions: Emissions, from: number, to: number): Emissions {
  const { logProbs, vocabulary, voice } = emissions
  const size = vocabulary.length
  return {
    ...emissions,
    logProbs: logProbs.subarray(from * size, to * size),
    frames: to - from,
    ...(voice && { voice: voice.subarray(from, to) }),
  }
}

/** The syllables read backwards, started at one of four places; from the fifth decoy on in another order besides. */
function decoyOf(units: readonly Unit[], k: number): Unit[] {
  const reversed = [...units].reverse().map(({ romanized }) => syllablesOf(romanized).reverse().join(''))
  if (k >= PLACES) shuffle(reversed, k)
  const start = Math.floor(((k % PLACES) / PLACES) * units.length)
  return units.map((unit, i) => ({ ...unit, romanized: reversed[(i + start) % units.length]! }))
}

/** Fisher-Yates by a generator of its own: the same seed gives the same order, as the same input the same output. */
function shuffle(items: string[], seed: number): void {
  let state = seed
  for (let i = items.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const j = Math.floor((state / 2 ** 32) * (i + 1))
    ;[items[i], items[j]] = [items[j]!, items[i]!]
  }
}

/** Roughly: consonants and the vowels after them; what ends a word stays with its last vowel. */
function syllablesOf(romanized: string): string[] {
  return romanized.match(/[^aeiouyv]*[aeiouyv]+(?:[^aeiouyv]+$)?|[^aeiouyv]+$/g) ?? []
}

/** How what was found fits the sound. */
export function fitsOf(emissions: Emissions, found: CtcAlignment): Omit<Evidence, 'decoys'> {
  const { units } = found
  const { unitOfToken } = found.spelling
  const visits: Fit[] = []
  const unitFits: (Fit | undefined)[] = new Array(units.length).fill(undefined)
  const voiced: (number | undefined)[] = []
  const sums = deficitSums(emissions, found)
  forEachRun(
    unitOfToken.length,
    (i) => unitOfToken[i]!,
    (unit, from, to) => {
      unitFits[unit] = fitBetween(found, sums, from, to)
    },
  )
  forEachRun(
    unitOfToken.length,
    (i) => units[unitOfToken[i]!]!.line,
    (_, from, to) => {
      visits.push(fitBetween(found, sums, from, to))
      voiced.push(voiceBetween(emissions, found.path.first[from]!, found.path.last[to - 1]!))
    },
  )
  return { visits, units: unitFits, voiced }
}

/** Calls back for each maximal run of equal keys over [0, count). */
function forEachRun(
  count: number,
  keyOf: (i: number) => number,
  call: (key: number, from: number, to: number) => void,
): void {
  for (let from = 0, to = 0; from < count; from = to) {
    const key = keyOf(from)
    while (to < count && keyOf(to) === key) to++
    call(key, from, to)
  }
}

/** sums[t]: nats lost before frame t by the path against the likeliest token of each frame. */
function deficitSums(
  { logProbs, vocabulary, blank, frames }: Emissions,
  { spelling, path }: CtcAlignment,
): Float64Array {
  const size = vocabulary.length
  const sums = new Float64Array(frames + 1)
  let token = 0
  for (let t = 0; t < frames; t++) {
    while (token < path.last.length && path.last[token]! < t) token++
    const inToken = token < path.last.length && path.first[token]! <= t
    const row = t * size
    let best = Number.NEGATIVE_INFINITY
    for (let v = 0; v < size; v++) if (logProbs[row + v]! > best) best = logProbs[row + v]!
    sums[t + 1] = sums[t]! + best - logProbs[row + (inToken ? spelling.tokens[token]! : blank)]!
  }
  return sums
}

function fitBetween({ path }: CtcAlignment, sums: Float64Array, from: number, to: number): Fit {
  const letters = to - from
  return { deficit: (sums[path.last[to - 1]! + 1]! - sums[path.first[from]!]!) / letters, letters }
}

function voiceBetween({ voice }: Emissions, first: number, last: number): number | undefined {
  if (!voice) return undefined
  let sum = 0
  for (let t = first; t <= last; t++) sum += voice[t]!
  return sum / (last - first + 1)
}
