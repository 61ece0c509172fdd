import { Counter, Gauge, type Registry } from 'prom-client'
import type { AlignerStatus } from '../aligner/aligner.ts'
import type { Jobs } from './jobs/jobs.ts'
import type { Places } from './places.ts'
import type { Readiness } from './readiness.ts'

/** Figures that are read when they are asked for: the state of the queue, the caches and the threads. */
export function collectState(
  readiness: () => Readiness,
  places: Places,
  jobs: Pick<Jobs, 'unfinished' | 'budget'>,
  registers: Registry[],
): void {
  const status = (): AlignerStatus | undefined => {
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
  gauge(
    'sow_queued_audio_seconds',
    'Seconds of audio that wait for a place.',
    () => status()?.queuedAudioSeconds ?? 0,
  )
  gauge('sow_places_taken', 'Requests with audio that are not answered yet.', places.taken)
  gauge('sow_inflight_bytes', 'Bytes of bodies and fetched audio that are held.', jobs.budget.held)
  gauge('sow_expected_wait_seconds', 'Time until a place is free.', () => status()?.expectedWaitSeconds ?? 0)

  gauge('sow_jobs_unfinished', 'Jobs that are queued or run.', jobs.unfinished)

  new Counter({
    name: 'sow_worker_deaths_total',
    help: 'Threads or processes of the aligner that died and were replaced.',
    registers,
    collect: function () {
      this.reset()
      this.inc(status()?.workerDeaths ?? 0)
    },
  })
  new Counter({
    name: 'sow_cache_total',
    help: 'Look-ups in the caches, by kind and outcome.',
    labelNames: ['kind', 'outcome'],
    registers,
    collect: function () {
      this.reset()
      for (const kind of ['results', 'emissions', 'audio'] as const) {
        const { hits = 0, misses = 0 } = status()?.cache?.[kind] ?? {}
        this.inc({ kind, outcome: 'hit' }, hits)
        this.inc({ kind, outcome: 'miss' }, misses)
      }
    },
  })
}
