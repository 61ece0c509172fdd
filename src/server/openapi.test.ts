import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serve, stopAll } from '../../test/http-service.ts'

afterAll(stopAll)

type Schema = { properties: Record<string, Record<string, unknown>>; required: string[] }
type Operation = {
  requestBody: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { content: Record<string, { schema: Schema }> }>
}
type Document = { openapi: string; paths: Record<string, Record<string, Operation>> }

describe('/openapi/json', () => {
  let document: Document
  beforeAll(async () => {
    const { url } = await serve()
    document = (await (await fetch(`${url}/openapi/json`)).json()) as Document
  })

  test('is valid OpenAPI', async () => {
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true })
  })

  test('describes the routes of the service', () => {
    expect(Object.keys(document.paths)).toEqual([
      '/',
      '/health',
      '/api/v1/health',
      '/api/v1/live',
      '/metrics',
      '/api/v1/align',
      '/api/v1/jobs',
      '/api/v1/jobs/{id}',
      '/api/v1/jobs/{id}/events',
      '/api/v1/batches',
      '/api/v1/batches/{id}',
      '/api/v1/batches/{id}/results',
    ])
  })

  test('describes what align takes, as JSON and as a form, with examples', () => {
    const { content } = document.paths['/api/v1/align']!.post!.requestBody
    expect(Object.keys(content)).toEqual(['application/json', 'multipart/form-data'])
    const { properties, required } = content['application/json']!.schema
    expect(Object.keys(properties)).toEqual(
      'audio_url audio lyrics_text language format structure layout compressed markers timeout force'.split(
        ' ',
      ),
    )
    expect(required).toEqual(['lyrics_text'])
    expect(properties.format).toMatchObject({ default: 'lrc' })
    expect(properties.audio_url!.examples).toContain('s3://songs/amazing-grace.mp3')
  })

  test('describes the answer and every way to fail', () => {
    const { responses } = document.paths['/api/v1/align']!.post!
    expect(Object.keys(responses)).toEqual('200 400 401 408 413 422 429 500 502 503 504'.split(' '))
    const { properties } = responses[200]!.content['application/json']!.schema
    expect(Object.keys(properties).slice(0, 4)).toEqual([
      'lrc_content',
      'json_data',
      'line_count',
      'duration_seconds',
    ])
    expect(properties.line_count).toMatchObject({ type: 'number', multipleOf: 1 })
  })
})
