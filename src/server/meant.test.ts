import { expect, test } from 'vitest'
import type { Reading } from './body.ts'
import { readBody, TEXT_BYTES } from './body.ts'
import { nearlyFitting } from './meant.ts'

const reading: Reading = {
  signal: new AbortController().signal,
  hold: { check: () => {}, take: () => {} } as unknown as Reading['hold'],
  idleSeconds: 10,
}

function read(body: FormData | object): Promise<unknown> {
  const init =
    body instanceof FormData
      ? { body }
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  return readBody(new Request('http://localhost/', { method: 'POST', ...init }), 100_000_000, reading)
}

function form(fields: Record<string, string | Blob>): FormData {
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) data.set(name, value)
  return data
}

const audio = new Blob(['audio'])

test.each([
  [
    'lyrics',
    { audio_url: 'https://example.com/a.mp3', lyrics: 'la' },
    'LYRICS_EMPTY',
    'lyrics_text instead of lyrics',
  ],
  ['text', form({ audio, text: 'la' }), 'LYRICS_EMPTY', 'lyrics_text instead of text'],
  ['file', form({ file: audio, lyrics_text: 'la' }), 'BODY_INVALID', 'audio instead of file'],
  [
    'audioUrl',
    { audioUrl: 'https://example.com/a.mp3', lyrics_text: 'la' },
    'BODY_INVALID',
    'audio_url instead of audioUrl',
  ],
  ['both', form({ file: audio, lyrics: 'la' }), 'LYRICS_EMPTY', 'lyrics_text instead of lyrics'],
])('%s is named where the field that is meant is missing', async (_, body, code, hint) => {
  await expect(read(body)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(`did you mean ${hint}?`),
  })
})

test('a large recording in the wrong field is called that, not too much text', async () => {
  const file = new Blob([new Uint8Array(TEXT_BYTES + 1)])
  await expect(read(form({ file, lyrics_text: 'la' }))).rejects.toMatchObject({
    code: 'BODY_INVALID',
    message: 'Expected the recording in the field audio, got it in "file"',
  })
})

test('other names beside what is there are left out, as before', async () => {
  const body = { audio_url: 'https://example.com/a.mp3', lyrics_text: 'la', text: 'x', file: 'y' }
  expect(await read(body)).toEqual({ audio_url: body.audio_url, lyrics_text: 'la' })
})

test('names of ours and long ones are no hints', () => {
  expect(
    nearlyFitting(['audio', 'lyrics_text', 'x'.repeat(100_000), 'format'], ['audio', 'lyrics_text']),
  ).toBe('')
})
