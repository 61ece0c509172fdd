/** Searches made log-probabilities for letters whose places in them are known, in a process of its own. */
import { gapScoresOf } from '../../src/ctc/gaps.ts'
import { bestPath, GAP } from '../../src/ctc/viterbi.ts'
import { randomFrom } from '../figures/arrivals.ts'
import { replyWith, taskOf } from '../figures/child.ts'
import { type Measured, measure } from '../figures/measure.ts'

export type SearchTask = { frames: number; letters: number }

/** The gap scores are part of the time. */
export type SearchReply = Measured

const HOP = 0.02
const SEED = 20_200_103
/** As many as a model of one alphabet has; 0 is the blank. */
const VOCABULARY = Array.from({ length: 32 }, (_, i) => String.fromCharCode(96 + i))
/** Log-probabilities of what is heard, and the range below it of all else. */
const HEARD = -0.1
const UNHEARD = -4
const SPREAD = 4

const { frames, letters } = taskOf<SearchTask>()
const random = randomFrom(SEED)
const tokens = Uint16Array.from({ length: letters }, () => 1 + Math.floor(random() * (VOCABULARY.length - 1)))
const places = Array.from(tokens, (_, i) => Math.floor(((i + 0.5) * frames) / letters))
const emissions = { logProbs: heard(), frames, vocabulary: VOCABULARY, blank: 0, hop: HOP }
const gaps = new Uint8Array(letters + 1).fill(GAP.betweenUnits)

const { result, ...reply } = await measure(() => {
  const gapScores = gapScoresOf(emissions, letters)
  return bestPath({ ...emissions, size: VOCABULARY.length, gapScores, tokens, gaps })
})

const wrong = places.findIndex((place, i) => result.first[i] !== place)
if (wrong >= 0) {
  throw new Error(`Expected letter ${wrong} in frame ${places[wrong]}, got it in ${result.first[wrong]}`)
}
replyWith(reply satisfies SearchReply)

/** Every letter in a frame of its own, with the blank between them, and noise below. */
function heard(): Float32Array {
  const size = VOCABULARY.length
  const logProbs = Float32Array.from({ length: frames * size }, () => UNHEARD - SPREAD * random())
  for (let t = 0; t < frames; t++) logProbs[t * size] = HEARD
  places.forEach((place, i) => {
    logProbs[place * size] = UNHEARD
    logProbs[place * size + tokens[i]!] = HEARD
  })
  return logProbs
}
