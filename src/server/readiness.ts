import type { Aligner } from '../aligner/aligner.ts'
import type { Config } from '../config/load.ts'
import { VERSION } from '../config/version.ts'
import { AlignError } from '../errors.ts'
import type { HealthBody } from './schemas.ts'

/** Whether alignments can be made, and by whom. */
export type Readiness =
  /** `converted`: the share of a model's conversion that is done, where it has to be converted. */
  | { state: 'loading'; converted?: number }
  | { state: 'failed'; reason: string }
  | { state: 'ready'; aligner: Aligner }
  /** `aligner`: where the stop came after the model was loaded. */
  | { state: 'draining'; aligner?: Aligner }

type Unready = Exclude<Readiness['state'], 'ready'> | 'stuck'

/** The service cannot align at present. Its message is that of the first service; state and reason say more. */
export class NotReadyError extends AlignError {
  readonly state: Unready
  readonly reason: string

  constructor(state: Unready, reason: string) {
    const code = state === 'draining' ? 'DRAINING' : 'MODEL_NOT_READY'
    super(code, 'Model not loaded', { retryable: state !== 'failed' })
    this.state = state
    this.reason = reason
  }
}

/**
 * The aligner, if there is one that takes work.
 * @throws NotReadyError
 */
export function readyAligner(readiness: Readiness): Aligner {
  switch (readiness.state) {
    case 'ready': {
      const { stuckReason } = readiness.aligner.status()
      if (stuckReason !== null) throw new NotReadyError('stuck', stuckReason)
      return readiness.aligner
    }
    case 'loading':
      throw new NotReadyError('loading', loadingReason(readiness.converted))
    case 'failed':
      throw new NotReadyError('failed', readiness.reason)
    case 'draining':
      throw new NotReadyError('draining', 'The service is shutting down and takes no new work')
  }
}

function loadingReason(converted: number | undefined): string {
  if (converted === undefined) return 'The model is being loaded'
  return `The model is being converted for this machine, ${Math.floor(converted * 100)} % are done`
}

/** The body of /health. */
export function healthOf(aligner: Aligner, { modelPath }: Config): HealthBody {
  const { model, running, queued, maxConcurrent, threads, expectedWaitSeconds } = aligner.status()
  return {
    status: 'healthy',
    version: VERSION,
    model: 'ready',
    model_name: model.name,
    model_version: model.version,
    engine: model.engine,
    model_source: modelPath === undefined ? 'embedded' : 'model_path',
    running,
    queued,
    max_concurrent: maxConcurrent,
    threads,
    expected_wait_seconds: expectedWaitSeconds,
  }
}
