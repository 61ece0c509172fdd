import { type Progress, STAGES, type Stage } from '../types.ts'

/** A stretch of one stage; times are milliseconds of performance.now(). */
export type StageRun = { stage: Stage; startedAt: number; endedAt: number }

/** Measures how long an alignment spends in each of its stages, from what it reports. */
export type StageClock = {
  onProgress(progress: Progress): void
  /** Ends the present stage; all of them, in their order. */
  stop(): StageRun[]
}

/** `told` hears of every event, as it comes. */
export function createStageClock(now: () => number = () => performance.now()): StageClock {
  const runs: StageRun[] = []
  let present: { stage: Stage; startedAt: number } | undefined

  function end(): void {
    if (present) runs.push({ ...present, endedAt: now() })
    present = undefined
  }

  return {
    onProgress({ stage }) {
      if (stage === present?.stage) return
      end()
      if (stage !== 'done') present = { stage, startedAt: now() }
    },
    stop() {
      end()
      return runs
    },
  }
}

/** Milliseconds of each stage that was reached. */
export function stageMilliseconds(runs: readonly StageRun[]): Partial<Record<Stage, number>> {
  const total: Partial<Record<Stage, number>> = {}
  for (const { stage, startedAt, endedAt } of runs) {
    total[stage] = (total[stage] ?? 0) + endedAt - startedAt
  }
  return total
}

/** What a finished alignment did not have to do: it ended without listening, or without decoding. */
export function cachedPart(runs: readonly StageRun[]): 'none' | 'emissions' | 'results' {
  const reached = new Set(runs.map(({ stage }) => stage))
  if (reached.has('listening')) return 'none'
  return reached.has('aligning') || reached.has('decoding') ? 'emissions' : 'results'
}

/** The stages that take time. */
export const TIMED_STAGES = STAGES.filter((stage) => stage !== 'done')
