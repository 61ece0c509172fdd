import { shareDone } from '../../aligner/stage-shares.ts'
import type { ModelInfo, Progress } from '../../types.ts'

/** How much of a job is done, whole percent; 100 only when its result is kept. */
export function percentageOf(progress: Progress, engine: ModelInfo['engine']): number {
  return Math.min(99, Math.floor(100 * shareDone(progress, engine)))
}
