import type { ModelInfo, Progress, Stage } from '../../types.ts'

/** Shares of the whole, in percent, at which a stage begins. The last one is reached when the result is kept. */
type Beginnings = Record<Exclude<Stage, 'queued'>, number>

// By the times of a song of four minutes: the network that hears letters takes most of it, where Qwen3 refines that does.
const BEGINNINGS: Record<ModelInfo['engine'], Beginnings> = {
  ctc: { fetching: 0, decoding: 5, listening: 15, aligning: 90, refining: 95, done: 100 },
  qwen3: { fetching: 0, decoding: 2, listening: 5, aligning: 18, refining: 20, done: 100 },
}

/** How much of a job is done, whole percent; 100 only when its result is there. */
export function percentageOf({ stage, fraction }: Progress, engine: ModelInfo['engine']): number {
  if (stage === 'queued') return 0
  if (stage === 'done') return 99
  const beginnings = BEGINNINGS[engine]
  const stages = Object.keys(beginnings) as (keyof Beginnings)[]
  const from = beginnings[stage]
  const to = beginnings[stages[stages.indexOf(stage) + 1]!]
  return Math.min(99, Math.floor(from + (to - from) * Math.min(1, Math.max(0, fraction))))
}
