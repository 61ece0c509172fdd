import { tmpdir } from 'node:os'
import { afterAll, describe, expect, test } from 'vitest'
import { GOOD, rawPost, serve, stopAll } from '../../test/http-service.ts'
import { AlignError } from '../errors.ts'

afterAll(stopAll)

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

const BODIES = {
  'lyrics nested 2,000 deep': `{"audio_url":"https://example.com/a.mp3","lyrics_text":${nested(2_000)}}`,
  'another field nested as deep as is read': `{"lyrics_text":"la","language":${nested(7)}}`,
  'objects nested 40,000 deep': `{"lyrics_text":${'{"secret":'.repeat(40_000)}1${'}'.repeat(40_000)}}`,
  'lyrics of many arrays': `{"lyrics_text":[${'["secret"],'.repeat(20_000)}[]]}`,
  'lyrics of far too many arrays': `{"lyrics_text":[${'["secret"],'.repeat(300_000)}[]]}`,
  'an object for every text': `{"lyrics_text":{"secret":"${'secret'.repeat(10_000)}"},"language":{"a":{}},"format":{"b":[]}}`,
  'a field that nobody knows': `{"lyrics_text":5,"secret":[${'["secret"],'.repeat(20_000)}[]]}`,
  'a long text in the place of a short one': `{"lyrics_text":"la","language":"${'secret'.repeat(100_000)}"}`,
}

describe.each([
  ['/api/v1/align', (body: string) => body],
  ['/api/v1/jobs', (body: string) => body],
  ['/api/v1/batches', (body: string) => body.replace('{', `{"items":${nested(100)},`)],
])('%s', (path, bodyOf) => {
  test.each(Object.entries(BODIES))('%s: a short refusal that says nothing of the body', async (_, body) => {
    const service = await serve(undefined, { SOW_QWEN3_CACHE_DIR: tmpdir() })
    const text = bodyOf(body)
    const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }
    const answer = await rawPost(service.url, headers, 0, path, text)
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'BODY_INVALID' })
    expect(answer.body.length).toBeLessThan(600)
    expect(answer.body).not.toContain('secret')
    expect(service.logged()).not.toContain('secret')
  })
})

test('fields that nobody knows do not stand in the way', async () => {
  const service = await serve(async () => {
    throw new AlignError('AUDIO_UNREADABLE', 'it came as far as the aligner')
  })
  const text = JSON.stringify({ ...GOOD, extra: { deep: [[1]] } })
  const headers = { 'content-type': 'application/json', 'content-length': String(text.length) }
  expect((await rawPost(service.url, headers, 0, '/api/v1/align', text)).status).toBe(422)
})
