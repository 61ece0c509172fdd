import type { Logger } from 'pino'
import type { Config } from '../config/load.ts'
import type { Tenant } from './auth.ts'
import type { Metrics } from './metrics.ts'
import type { Places } from './places.ts'
import type { Readiness } from './readiness.ts'
import type { Requests } from './requests.ts'
import type { Tracing } from './tracing.ts'

/** What the routes of one service share. */
export type Parts = {
  readiness: () => Readiness
  config: Config
  logger: Logger
  requests: Requests
  /** Whose jobs a request is about. @throws AlignError UNAUTHORIZED */
  tenantOf: (request: Request) => Tenant
  places: Places
  metrics: Metrics
  tracing: Tracing | undefined
}
