import { Elysia } from 'elysia'
import { alignRequested } from '../align.ts'
import { readBody } from '../body.ts'
import { SECURITY } from '../documentation.ts'
import type { Parts } from '../parts.ts'
import { readyAligner } from '../readiness.ts'
import { AlignAnswer, AlignBody, AlignHeaders, Failures } from '../schemas.ts'

/** The alignment that is waited for. */
export function alignRoutes(parts: Parts) {
  const { readiness, config, requests, places } = parts
  return new Elysia().post(
    '/api/v1/align',
    ({ body, request }) => alignRequested(body, requests.of(request), readyAligner(readiness()), parts),
    {
      // The function reads every body; the names after it only tell the documentation what kinds there are.
      parse: [
        async ({ request, set }) => {
          const opened = requests.of(request)
          if (opened.wait !== undefined) set.headers['preference-applied'] = `wait=${opened.wait}`
          readyAligner(readiness())
          places.check()
          const fields = await readBody(request, config.maxAudioBytes, opened)
          places.take(opened)
          return fields
        },
        'json',
        'formdata',
      ],
      headers: AlignHeaders,
      body: AlignBody,
      response: { 200: AlignAnswer, ...Failures },
      detail: {
        summary: 'Says when every line is sung',
        security: SECURITY,
        description:
          'Takes JSON with audio_url, or a form with the file in audio. Lines keep their order and number; line_status and verdict say which can be trusted.',
      },
    },
  )
}
