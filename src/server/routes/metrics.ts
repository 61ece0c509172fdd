import { Elysia } from 'elysia'
import { SECURITY } from '../documentation.ts'
import type { Parts } from '../parts.ts'

/** What the service counts. */
export function metricsRoutes({ metrics }: Parts) {
  return new Elysia().get(
    '/metrics',
    ({ set }) => {
      set.headers['content-type'] = metrics.contentType
      return metrics.text()
    },
    {
      detail: {
        summary: 'What the service counts, for Prometheus',
        security: SECURITY,
        responses: {
          200: {
            description: 'Metrics in the text format of Prometheus',
            content: { 'text/plain': { schema: { type: 'string' } } },
          },
        },
      },
    },
  )
}
