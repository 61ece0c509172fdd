import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Places } from './places.ts'
import type { Readiness } from './readiness.ts'
import type { AlignAnswer } from './schemas.ts'

/** What the service counts, for Prometheus. */
export type Metrics = {
  /** An answered request; `route` is one of the documented paths, or "other". */
  answered(route: string, status: number, seconds: number, code: unknown): void
  /** An alignment that was made. */
  aligned(answer: AlignAnswer, seconds: number): void
  contentType: string
  text(): Promise<string>
}

// From a cached answer to a queue of long songs, seconds.
const BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320]

/** A registry of its own for every service, so that two in one process do not mix. */
export function createMetrics(readiness: () => Readiness, places: Places): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, prefix: 'sow_' })
  collectQueue(readiness, places, registers)
  const requests = new Histogram({
    name: 'sow_request_seconds',
    help: 'Time from a request to its answer.',
    labelNames: ['route', 'status'],
    buckets: BUCKETS,
    registers,
  })
  const errors = new Counter({
    name: 'sow_errors_total',
    help: 'Requests that failed, by code.',
    labelNames: ['code'],
    registers,
  })
  const audio = new Counter({ name: 'sow_audio_seconds_total', help: 'Seconds of audio aligned.', registers })
  const work = new Counter({
    name: 'sow_align_seconds_total',
    help: 'Seconds spent on alignments, waiting included.',
    registers,
  })
  const lines = new Counter({
    name: 'sow_lines_total',
    help: 'Lines of answers, by status.',
    labelNames: ['status'],
    registers,
  })
  const verdicts = new Counter({
    name: 'sow_verdicts_total',
    help: 'Alignments, by verdict.',
    labelNames: ['level'],
    registers,
  })
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    answered(route, status, seconds, code) {
      requests.observe({ route, status }, seconds)
      if (typeof code === 'string') errors.inc({ code })
    },
    aligned({ duration_seconds, line_status, verdict }, seconds) {
      audio.inc(duration_seconds)
      work.inc(seconds)
      verdicts.inc({ level: verdict.level })
      for (const status of line_status) lines.inc({ status })
    },
  }
}

/** Read when they are asked for. */
function collectQueue(readiness: () => Readiness, places: Places, registers: Registry[]): void {
  const status = () => {
    const now = readiness()
    return 'aligner' in now ? now.aligner?.status() : undefined
  }
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect: function () {
        this.set(read())
      },
    })
  gauge('sow_ready', '1 while alignments can be made.', () => Number(readiness().state === 'ready'))
  gauge('sow_running', 'Alignments that run.', () => status()?.running ?? 0)
  gauge('sow_queued', 'Requests that wait for a place.', () => status()?.queued ?? 0)
  gauge('sow_places_taken', 'Requests with audio that are not answered yet, uploads included.', places.taken)
  gauge('sow_expected_wait_seconds', 'Time until a place is free.', () => status()?.expectedWaitSeconds ?? 0)
}
