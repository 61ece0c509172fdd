import { Elysia } from 'elysia'
import { VERSION } from '../../config/version.ts'
import { createPage } from '../page/page.ts'

/** The page for browsers, at the address where others are greeted, and the reference. */
export function pageRoutes() {
  const page = createPage()
  return new Elysia()
    .get(
      '/',
      ({ headers, set }) => {
        set.headers.vary = 'accept'
        if (headers.accept?.includes('text/html')) return page.index()
        return { message: 'sow-align: POST /api/v1/align, described at /openapi', version: VERSION }
      },
      {
        detail: {
          summary: 'The page for browsers; a greeting for others',
          responses: {
            200: {
              description: 'The page, where text/html is accepted; a greeting elsewhere',
              content: {
                'text/html': { schema: { type: 'string' } },
                'application/json': {
                  schema: {
                    type: 'object',
                    required: ['message', 'version'],
                    properties: { message: { type: 'string' }, version: { type: 'string' } },
                  },
                },
              },
            },
          },
        },
      },
    )
    .get('/openapi', () => page.reference(), { detail: { hide: true } })
    .get('/page/:file', ({ params }) => page.file(params.file), { detail: { hide: true } })
}
