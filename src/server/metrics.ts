import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import type { Jobs } from './jobs/jobs.ts'
import { collectState } from './metrics-state.ts'
import type { Places } from './places.ts'
import type { Readiness } from './readiness.ts'
import type { AlignAnswer } from './schemas.ts'
import { cachedPart, type StageRun, stageMilliseconds, TIMED_STAGES } from './stages.ts'

/** What the service counts, for Prometheus. */
export type Metrics = {
  /** An answered request; `route` is one of the documented paths, or "other". */
  answered(route: string, status: number, seconds: number, code: unknown): void
  /** An alignment that was made, its stages, and how long its request took. */
  aligned(answer: AlignAnswer, runs: readonly StageRun[], seconds: number): void
  contentType: string
  text(): Promise<string>
}

// From a cached answer to a queue of long songs, seconds.
const BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320]
// Seconds of work for a second of audio: from a tenth of a second for a song to slower than it is played.
const FACTOR_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]

/** A registry of its own for every service, so that two in one process do not mix. */
export function createMetrics(
  readiness: () => Readiness,
  places: Places,
  jobs: Pick<Jobs, 'unfinished' | 'budget'>,
): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, prefix: 'sow_' })
  collectState(readiness, places, jobs, registers)
  const counter = <L extends string = never>(name: string, help: string, labelNames: L[] = []) =>
    new Counter<L>({ name, help, labelNames, registers })
  const histogram = <L extends string = never>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: L[] = [],
  ) => new Histogram<L>({ name, help, buckets, labelNames, registers })

  const requests = histogram('sow_request_seconds', 'Time from a request to its answer.', BUCKETS, [
    'route',
    'status',
  ])
  const errors = counter('sow_errors_total', 'Requests that failed, by code.', ['code'])
  const cancels = counter('sow_cancels_total', 'Requests whose client left before the answer.')
  const limited = counter(
    'sow_rate_limited_total',
    'Requests refused because their key or address sent too many.',
  )
  const audio = counter('sow_audio_seconds_total', 'Seconds of audio aligned.')
  const work = counter('sow_align_seconds_total', 'Seconds spent on alignments, waiting included.')
  const lines = counter('sow_lines_total', 'Lines of answers, by status.', ['status'])
  const verdicts = counter('sow_verdicts_total', 'Alignments, by verdict.', ['level'])
  const stages = histogram('sow_stage_seconds', 'Time in each stage of an alignment.', BUCKETS, ['stage'])
  const factors = histogram(
    'sow_real_time_factor',
    'Seconds of work for a second of audio: all stages but waiting and fetching, of alignments from no cache.',
    FACTOR_BUCKETS,
  )
  // Present from the beginning, so that rates can be computed of what has not happened yet.
  for (const stage of TIMED_STAGES) stages.zero({ stage })

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    answered(route, status, seconds, code) {
      requests.observe({ route, status }, seconds)
      if (typeof code !== 'string') return
      errors.inc({ code })
      if (code === 'CANCELLED') cancels.inc()
      if (code === 'RATE_LIMITED') limited.inc()
    },
    aligned({ duration_seconds, line_status, verdict }, runs, seconds) {
      audio.inc(duration_seconds)
      work.inc(seconds)
      verdicts.inc({ level: verdict.level })
      for (const status of line_status) lines.inc({ status })
      const { queued: _waiting, fetching: _storage, ...own } = stageMilliseconds(runs)
      for (const [stage, ms] of Object.entries(stageMilliseconds(runs))) {
        stages.observe({ stage }, ms / 1000)
      }
      const ms = Object.values(own).reduce((sum, each) => sum + each, 0)
      if (cachedPart(runs) === 'none' && duration_seconds > 0) factors.observe(ms / 1000 / duration_seconds)
    },
  }
}
