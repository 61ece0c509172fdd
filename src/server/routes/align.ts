import { Elysia } from 'elysia'
import { alignRequested } from '../align.ts'
import { readBody } from '../body.ts'
import { SECURITY } from '../documentation.ts'
import type { Parts } from '../parts.ts'
import { readyAligner } from '../readiness.ts'
import { AlignAnswer, AlignBody, Failures } from '../schemas.ts'

/** The alignment that is waited for. */
export function alignRoutes({ readiness, config, requests, places, metrics }: Parts) {
  return new Elysia().post(
    '/api/v1/align',
    async ({ body, request }) => {
      const opened = requests.of(request)
      const answer = await alignRequested(body, opened, readyAligner(readiness()), config)
      metrics.aligned(answer, (performance.now() - opened.startedAt) / 1000)
      return answer
    },
    {
      // The function reads every body; the names after it only tell the documentation what kinds there are.
      parse: [
        async ({ request }) => {
          readyAligner(readiness())
          const opened = requests.of(request)
          places.take(opened)
          return await readBody(request, config.maxAudioBytes, opened.signal)
        },
        'json',
        'formdata',
      ],
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
