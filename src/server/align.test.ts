import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ALIGNMENT,
  GOOD,
  post,
  postForm,
  read,
  type Service,
  serve,
  stopAll,
} from '../../test/http-service.ts'
import type { AudioSource } from '../types.ts'

afterAll(stopAll)

describe('POST /api/v1/align', () => {
  let service: Service
  let seen: { source: AudioSource; lyrics: string; language: string | undefined }[] = []
  beforeAll(async () => {
    service = await serve(async (source, lyrics, options) => {
      seen.push({ source, lyrics, language: options?.language })
      return ALIGNMENT
    })
  })

  test('answers LRC with a line for every line, what can be trusted, and the keys of the first service', async () => {
    const response = await post(service.url, GOOD)
    expect(response.status).toBe(200)
    expect(await read(response)).toEqual({
      lrc_content: '[00:01.00]One two\n[00:04.00]\n[00:04.00]Three',
      json_data: null,
      line_count: 3,
      duration_seconds: 12.346,
      language: 'en',
      model: { name: 'test', version: '1', engine: 'ctc' },
      verdict: {
        level: 'mixed',
        sung_lines: 2,
        aligned_lines: 1,
        confidence: 0.5,
        covered: 0.8,
        sung: 1,
        reasons: ['One line is doubtful.'],
      },
      line_status: ['aligned', 'blank', 'suspect'],
      performance: null,
      extra: null,
      files: {},
      request_id: response.headers.get('x-request-id'),
    })
  })

  test('answers JSON with lines and words', async () => {
    const answer = await read(await post(service.url, { ...GOOD, format: 'json' }))
    expect(answer.lrc_content).toBeNull()
    expect(answer.json_data![0]).toEqual({
      start_time: 1,
      end_time: 3,
      text: 'One two',
      status: 'aligned',
      confidence: 0.9,
      words: [{ start_time: 1, end_time: 2, text: 'One', confidence: 1 }],
      occurrences: [{ start_time: 1, end_time: 3, confidence: 0.9, words: [] }],
    })
    expect(answer.performance).toEqual([
      { line: 0, start_time: 1, end_time: 3, status: 'aligned', confidence: 0.9, words: [] },
    ])
    expect(answer.extra).toEqual([{ start_time: 7, end_time: 9 }])
    expect(answer.json_data![1]!.confidence).toBeNull()
  })

  test('writes the song as it is sung where that is asked for, as JSON and as a form', async () => {
    const sung = { ...GOOD, layout: 'sung', structure: 'free' }
    expect(await read(await post(service.url, sung))).toMatchObject({
      lrc_content: '[00:01.00]One two',
      line_count: 3,
      line_status: ['aligned', 'blank', 'suspect'],
    })
    const audio = new Blob([new Uint8Array([1, 2, 3])], { type: 'audio/mpeg' })
    const form = { audio, lyrics_text: 'One two', layout: 'sung', structure: 'strict', compressed: 'true' }
    expect(await read(await postForm(service.url, form))).toMatchObject({ lrc_content: '[00:01.00]One two' })
    const markers = { audio, lyrics_text: 'One two', markers: 'omit', format: 'srt' }
    expect((await postForm(service.url, markers)).status).toBe(200)
    for (const good of ['keep', 'omit', 'round'])
      expect((await post(service.url, { ...GOOD, markers: good })).status).toBe(200)
    for (const bad of ['square', 1, true])
      expect((await post(service.url, { ...GOOD, markers: bad })).status).toBe(400)
    const other = await post(service.url, { ...GOOD, layout: 'wild' })
    expect(other.status).toBe(400)
  })

  test('answers every other format in files', async () => {
    const srt = await read(await post(service.url, { ...GOOD, format: 'srt' }))
    expect(srt).toMatchObject({ lrc_content: null, json_data: null })
    expect(srt.files.srt).toContain('00:00:01,000 --> 00:00:03,000\nOne two')
    const all = await read(await post(service.url, { ...GOOD, format: 'all' }))
    expect(Object.keys(all.files)).toEqual(['enhanced-lrc', 'srt', 'vtt'])
    expect(all.lrc_content).toContain('Three')
    expect(all.json_data).toHaveLength(3)
  })

  test('takes a file and lyrics as a form, line for line', async () => {
    seen = []
    const lyrics = ' One two \n\n三行\n'
    const audio = new Blob([new Uint8Array([1, 2, 3])], { type: 'audio/mpeg' })
    const response = await postForm(service.url, {
      audio,
      lyrics_text: lyrics,
      language: 'zh',
      format: 'json',
    })
    expect(response.status).toBe(200)
    expect(seen[0]!.lyrics.replaceAll('\r\n', '\n')).toBe(lyrics)
    expect(seen[0]!.language).toBe('zh')
    expect(new Uint8Array(await (seen[0]!.source as Blob).arrayBuffer())).toEqual(new Uint8Array([1, 2, 3]))
  })

  test('takes lyrics as a file of a form, byte for byte', async () => {
    seen = []
    const response = await postForm(service.url, { audio: new Blob(['x']), lyrics_text: new Blob(['a\nb']) })
    expect(response.status).toBe(200)
    expect(seen[0]!.lyrics).toBe('a\nb')
  })

  test('null is as good as nothing in optional fields', async () => {
    seen = []
    expect((await post(service.url, { ...GOOD, language: null, format: null })).status).toBe(200)
    expect(seen[0]!.language).toBe('auto')
  })

  test.each([
    ['{"audio_url": ', 'Expected JSON in UTF-8'],
    ['[1]', 'Expected a JSON object'],
    ['null', 'Expected a JSON object'],
    [{ ...GOOD, lyrics_text: 5 }, 'lyrics_text: expected text, got 5'],
    [{ ...GOOD, format: 'xml' }, 'format: expected lrc, enhanced-lrc, json, srt, vtt'],
    [
      { ...GOOD, language: ['en'], format: 1 },
      'language: expected text of at most 64 characters, got an array; format: ',
    ],
    [{ ...GOOD, audio: 'x' }, 'audio: expected a file, got text of length 1'],
    [{ lyrics_text: 'a' }, 'Expected either audio_url or audio (a file in a form), got neither'],
  ])('%j is refused with what was expected and what came', async (body, detail) => {
    const response = await post(service.url, body)
    const answer = await read(response)
    expect({ status: response.status, code: answer.code, retryable: answer.retryable }).toEqual({
      status: 400,
      code: 'BODY_INVALID',
      retryable: false,
    })
    expect(answer.detail).toContain(detail)
    expect(answer.request_id).toBe(response.headers.get('x-request-id'))
  })

  test('a wrong or missing content type is refused', async () => {
    const answer = await read(await post(service.url, 'a=b', { 'content-type': 'text/plain' }))
    expect(answer.detail).toBe(
      'Expected content-type application/json or multipart/form-data, got "text/plain"',
    )
    const empty = await fetch(`${service.url}/api/v1/align`, { method: 'POST' })
    expect(empty.status).toBe(400)
    expect((await read(empty)).code).toBe('BODY_INVALID')
  })

  test('a broken form is refused', async () => {
    const response = await post(service.url, 'garbage', { 'content-type': 'multipart/form-data; boundary=x' })
    expect(response.status).toBe(400)
    expect((await read(response)).code).toBe('BODY_INVALID')
  })

  test.each([{}, { lyrics_text: '' }, { lyrics_text: ' \n\t' }, { lyrics_text: null }])(
    'missing or blank lyrics are refused: %j',
    async (lyrics) => {
      const response = await post(service.url, { audio_url: GOOD.audio_url, ...lyrics })
      expect(response.status).toBe(400)
      expect((await read(response)).code).toBe('LYRICS_EMPTY')
    },
  )

  test.each([
    '/etc/passwd',
    'file:///etc/passwd',
    'C:\\song.mp3',
    'data:audio/wav;base64,',
    's3:///key',
    's3://bucket/key',
    ' https://example.com/a.mp3',
    'http:/../../x.wav',
    '\thttps://example.com/a.mp3',
    'ftp://h/a',
  ])('audio_url %s is forbidden', async (audio_url) => {
    const response = await post(service.url, { ...GOOD, audio_url })
    expect(response.status).toBe(400)
    expect((await read(response)).code).toBe('AUDIO_URL_FORBIDDEN')
  })

  test('only the configured bucket can be asked for', async () => {
    const bound = await serve(undefined, { SOW_R2_BUCKET: 'songs' })
    expect((await post(bound.url, { ...GOOD, audio_url: 's3://songs/a/b.mp3' })).status).toBe(200)
    for (const audio_url of [
      's3://others/a',
      's3://x@songs/a',
      's3://songs/../others/a',
      's3://songs:80/a',
      ' s3://songs/a',
    ]) {
      const other = await post(bound.url, { ...GOOD, audio_url })
      expect((await read(other)).code).toBe('AUDIO_URL_FORBIDDEN')
    }
  })
})
