import { treaty } from '@elysiajs/eden'
import { afterAll, expect, test } from 'vitest'
import { serve, stopAll } from '../../test/http-service.ts'
import type { App } from './index.ts'

afterAll(stopAll)

test('an Eden client knows the routes, what they take and what they answer', async () => {
  const { url } = await serve()
  const client = treaty<App>(url)
  const { data, error } = await client.api.v1.align.post({
    audio_url: 'https://example.com/a.mp3',
    lyrics_text: 'One two',
    format: 'json',
  })
  expect(error).toBeNull()
  const levels: ('good' | 'mixed' | 'unreliable')[] = [data!.verdict.level]
  expect(levels).toEqual(['mixed'])
  expect(data!.json_data![0]!.words[0]!.start_time).toBe(1)
  const failed = await client.api.v1.align.post({ lyrics_text: 'One' })
  expect(failed.error).toMatchObject({ status: 400, value: { code: 'BODY_INVALID' } })
  const ready = await client.health.get()
  expect(ready.data!.model_source).toBe('embedded')
})
