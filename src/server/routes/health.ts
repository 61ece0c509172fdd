import { Elysia, t } from 'elysia'
import { VERSION } from '../../config/version.ts'
import type { Parts } from '../parts.ts'
import { healthOf, readyAligner } from '../readiness.ts'
import { ErrorBody, HealthBody } from '../schemas.ts'

/** What probes ask: whether alignments can be made, and whether the process turns. */
export function healthRoutes({ readiness, config }: Parts) {
  const health = () => healthOf(readyAligner(readiness()), config)
  const described = {
    response: { 200: HealthBody, 503: ErrorBody },
    detail: { summary: 'Whether alignments can be made' },
  }
  return new Elysia()
    .get('/health', health, described)
    .get('/api/v1/health', health, described)
    .get('/api/v1/live', () => ({ status: 'alive' as const, version: VERSION }), {
      response: t.Object({ status: t.Literal('alive'), version: t.String() }),
      detail: { summary: 'Whether the process answers' },
    })
}
