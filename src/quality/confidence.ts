import { FEATURES, type Features } from './features.ts'

/** Weights of the features, found by scripts/fit-trust.ts. */
export const WEIGHTS: Record<(typeof FEATURES)[number] | 'constant', number> = {
  constant: -10.407,
  distance: 0.481,
  usual: 1.63,
  sung: 9.389,
  again: -2.453,
  worse: -2.345,
  firstGap: -1.441,
  neighbours: 1.142,
  worstUnit: -1.931,
}

// Singing covers at least this share of a line that is there; a line stretched over instruments has less.
const VOICED_FULLY = 0.3
// A line that is there is so many deviations better than chance; below that its neighbours alone do not make it sure.
const HEARD_FULLY = 1

/** Probability, [0, 1], that a line is sung where it was found, at this repeat. */
export function confidenceOf(features: Features): number {
  const sum = FEATURES.reduce((total, name) => total + WEIGHTS[name] * features[name], WEIGHTS.constant)
  const voiced = Math.min(1, features.voiced / VOICED_FULLY)
  const heard = Math.min(1, Math.max(0, features.distance / HEARD_FULLY))
  return (voiced * heard) / (1 + Math.exp(-sum))
}
