import { type ModelInfo, type Progress, STAGES, type Stage } from '../types.ts'

/** Where each stage begins, as a share of the whole; it ends where the next one does. */
type Beginnings = Readonly<Record<Stage, number>>

// By the times of a song of four minutes: the network that hears letters takes most of it, where Qwen3 refines that does.
const BEGINNINGS: Readonly<Record<ModelInfo['engine'], Beginnings>> = {
  ctc: { queued: 0, fetching: 0, decoding: 0.05, listening: 0.15, aligning: 0.9, refining: 0.95, done: 1 },
  qwen3: { queued: 0, fetching: 0, decoding: 0.02, listening: 0.05, aligning: 0.18, refining: 0.2, done: 1 },
}

/** How much of an alignment is done, [0, 1]. */
export function shareDone({ stage, fraction }: Progress, engine: ModelInfo['engine']): number {
  const beginnings = BEGINNINGS[engine]
  const from = beginnings[stage]
  const next = STAGES[STAGES.indexOf(stage) + 1]
  const to = next === undefined ? from : beginnings[next]
  return from + (to - from) * Math.min(1, Math.max(0, fraction))
}
