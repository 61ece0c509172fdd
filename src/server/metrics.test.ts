import { afterAll, expect, test } from 'vitest'
import { serve, stopAll } from '../../test/http-service.ts'

afterAll(stopAll)

test('metrics count requests, errors, audio and the trust in what was answered', async () => {
  const service = await serve()
  const body = JSON.stringify({ audio_url: 'https://example.com/song.mp3', lyrics_text: 'One two\n\nThree' })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${service.url}/api/v1/align`, { method: 'POST', headers, body })
  expect(answer.status).toBe(200)
  await answer.arrayBuffer()
  await fetch(`${service.url}/nothing/${crypto.randomUUID()}`)
  const scraped = await fetch(`${service.url}/metrics`)
  expect(scraped.headers.get('content-type')).toContain('text/plain')
  const text = await scraped.text()
  for (const line of [
    /^sow_request_seconds_count\{route="\/api\/v1\/align",status="200"\} 1$/m,
    /^sow_errors_total\{code="NOT_FOUND"\} 1$/m,
    /^sow_lines_total\{status="aligned"\} 1$/m,
    /^sow_lines_total\{status="suspect"\} 1$/m,
    /^sow_verdicts_total\{level="mixed"\} 1$/m,
    /^sow_audio_seconds_total 12\.346$/m,
    /^sow_ready 1$/m,
    /^sow_queued 0$/m,
    /^sow_process_resident_memory_bytes \d+/m,
  ]) {
    expect(text).toMatch(line)
  }
  // A label for every address ever asked for would grow without end.
  expect(text).not.toContain('/nothing/')
})
