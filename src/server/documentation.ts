import type { ElysiaOpenAPIConfig } from '@elysiajs/openapi'
import { VERSION } from '../config/version.ts'

/** Keys are asked for where the service has some. */
export const SECURITY: Record<string, string[]>[] = [{}, { bearer: [] }, { key: [] }]

/** What /openapi/json says beside the schemas of the routes. */
export const documentation = {
  path: '/openapi',
  // Its pages load a viewer from elsewhere; ours is routes/page.ts.
  provider: null,
  documentation: {
    info: {
      title: 'sow-align',
      version: VERSION,
      description: 'Says when every line and word of a song is sung, and which lines can be trusted.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
  },
} satisfies ElysiaOpenAPIConfig<true, '/openapi'>
