/** The stages in their order. The features are computed inside the model's graph, so they are part of `model`. */
export const STAGE_NAMES = [
  'decode',
  'downmix',
  'resample',
  'lyrics',
  'model',
  'viterbi',
  'evidence',
  'format',
] as const
export type StageName = (typeof STAGE_NAMES)[number]
