import { FEATURES, type Features } from './features.ts'

/** Weights of the features, found by scripts/fit-trust.ts. */
export const WEIGHTS: Features & { constant: number } = {
  constant: -10.7,
  distance: 1.531,
  excess: 1.92,
  letters: 1.412,
  voiced: 9.869,
  slow: 0.455,
  uneven: -0.409,
  again: -1.69,
  worse: -2.508,
  firstGap: -2.105,
  neighbours: 1.01,
  worstUnit: -2.31,
}

/** Probability, [0, 1], that a line is sung where it was found, at this repeat. */
export function confidenceOf(features: Features): number {
  const sum = FEATURES.reduce((total, name) => total + WEIGHTS[name] * features[name], WEIGHTS.constant)
  return 1 / (1 + Math.exp(-sum))
}
