import type { Fit } from '../ctc/evidence.ts'

/** Means (deficit in nats per letter) of lines that are there and of lines that are not, and the share that is there. */
export type TwoGroups = { present: number; absent: number; deviation: number; share: number }

// What is believed of a song before it is heard, worth this many lines: that most lines are there, and that being there
// is worth this many standard deviations.
const PRIOR_LINES = 3
const PRIOR_SHARE = 0.7
const PRIOR_DISTANCE = 2.5
// A present group closer than this to chance is no group of its own.
const LEAST_DISTANCE = 1.5
const ROUNDS = 50
// Short lines scatter more: variance grows by this many letters' worth.
const LETTERS = 4

/**
 * Splits lines into those the sound supports and those it does not: the two-groups model (Efron 2008), with the group of
 * absent lines known from decoys and the present one found by expectation maximisation.
 */
export function fitTwoGroups(lines: readonly Fit[], decoys: readonly Fit[]): TwoGroups {
  const absent = mean(decoys.map(({ deficit }) => deficit))
  const deviation = Math.max(
    0.05,
    Math.sqrt(mean(decoys.map(({ deficit, letters }) => (deficit - absent) ** 2 / widening(letters)))),
  )
  let groups: TwoGroups = {
    absent,
    deviation,
    present: absent - PRIOR_DISTANCE * deviation,
    share: PRIOR_SHARE,
  }
  for (let round = 0; round < ROUNDS; round++) groups = improved(groups, lines)
  return groups
}

function improved(groups: TwoGroups, lines: readonly Fit[]): TwoGroups {
  const { absent, deviation } = groups
  const weights = lines.map((fit) => probabilityPresent(fit, groups))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const prior = (absent - PRIOR_DISTANCE * deviation) * PRIOR_LINES
  const weighted = lines.reduce((sum, { deficit }, i) => sum + deficit * weights[i]!, prior)
  return {
    ...groups,
    present: Math.min(absent - LEAST_DISTANCE * deviation, weighted / (total + PRIOR_LINES)),
    share: (total + PRIOR_SHARE * PRIOR_LINES) / (lines.length + PRIOR_LINES),
  }
}

/** Probability, [0, 1], that a fit comes from text that is in the sound; `share` is the belief before looking. */
export function probabilityPresent(
  { deficit, letters }: Fit,
  { present, absent, deviation, share }: TwoGroups,
  belief = share,
): number {
  const variance = deviation ** 2 * widening(letters)
  const evidence = ((deficit - absent) ** 2 - (deficit - present) ** 2) / (2 * variance)
  return 1 / (1 + Math.exp(-(logit(belief) + evidence)))
}

function widening(letters: number): number {
  return 1 + LETTERS / letters
}

function logit(p: number): number {
  const bounded = Math.min(1 - 1e-6, Math.max(1e-6, p))
  return Math.log(bounded / (1 - bounded))
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
