/**
 * Requests that were found to stop the service, or to make it slow, and others of their kind. One table for the tests and
 * for the chaos bench: what is found later is added here.
 */

export type Attack = {
  name: string
  path: '/api/v1/align' | '/api/v1/jobs' | '/api/v1/batches'
  contentType: string
  /** The whole body. */
  body(): Buffer
  /** How it may end: `accepted` (2xx), or a code. */
  ends: readonly string[]
}

/** Most characters of a line that is read. */
const LINE = 5_000
const LYRICS = 100_000
const BOUNDARY = 'sow-align-attack-boundary'

/** A second of silence: enough to be read, and done with at once. */
function silence(): Buffer {
  const samples = 16_000
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + 2 * samples, 4)
  head.write('WAVEfmt ', 8)
  for (const [at, value] of [
    [16, 16],
    [28, 32_000],
    [40, 2 * samples],
  ] as const)
    head.writeUInt32LE(value, at)
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    head.writeUInt16LE(value, at)
  head.writeUInt32LE(16_000, 24)
  head.write('data', 36)
  return Buffer.concat([head, Buffer.alloc(2 * samples)])
}

function form(lyrics: string, audio: Uint8Array = silence(), more = ''): Buffer {
  const part = (name: string, file = '') =>
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n`
  return Buffer.concat([
    Buffer.from(`${part('lyrics_text')}${lyrics}\r\n${more}${part('audio', '; filename="a.wav"')}`),
    audio,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ])
}

/** A text of so many characters, in lines of the greatest length, or in one line. */
function repeated(piece: string, characters = LYRICS, line = LINE): string {
  const one = piece.repeat(Math.floor((line - 1) / piece.length))
  return `${one}\n`.repeat(Math.max(1, Math.floor(characters / line)))
}

/** What may become of lyrics that are read: silence has no words. */
const READ = ['accepted', 'AUDIO_TOO_SHORT', 'LYRICS_EMPTY', 'DEADLINE_EXCEEDED']

const WHOLE: Readonly<Record<string, string>> = {
  'names of parts, one after the other': `${'1절 ,'.repeat(19)}1절 !`,
  'markup that is never closed, in one line': '<rp '.repeat(24_000),
  'marks upon marks, in one line': `a${'\u0301'.repeat(50_000)}${'\u0316'.repeat(49_000)}`,
  'apostrophes between two letters': `a${'ʼ'.repeat(40_000)}a`,
  'kanji between double consonants': 'っ語'.repeat(50),
}

const PIECES: Readonly<Record<string, string>> = {
  'names of parts': '1절 ,',
  'markup that is never closed': '<rp ',
  'markup without an end': '<rp',
  'marks upon marks': '\u0301\u0316',
  'half-width marks': 'ﾞ\u0301',
  apostrophes: 'ʼ',
  'kanji between double consonants': 'っ語',
  'brackets that are opened': '[',
  'white space': ' \t',
  numbers: '1,',
  'Han characters': '主',
  'Hangul syllables': '한',
}

const lyrics = (path: Attack['path'], name: string, text: string): Attack => ({
  name: `lyrics: ${name}`,
  path,
  contentType: `multipart/form-data; boundary=${BOUNDARY}`,
  body: () => form(text),
  ends: [...READ, 'LYRICS_TOO_LARGE'],
})

const json = (path: Attack['path'], name: string, body: () => string): Attack => ({
  name: `JSON: ${name}`,
  path,
  contentType: 'application/json',
  body: () => Buffer.from(body()),
  ends: ['BODY_INVALID'],
})

const field = (path: Attack['path'], value: string) =>
  path === '/api/v1/batches' ? `{"items":[{"lyrics_text":${value}}]}` : `{"lyrics_text":${value}}`

/**
 * Sends an attack, whose client leaves when the signal aborts; gives how it ended.
 * @throws Error where it may not end so
 */
export async function strike(
  url: string,
  { name, path, contentType, body, ends }: Attack,
  signal: AbortSignal | null = null,
): Promise<string> {
  const response = await fetch(url + path, {
    method: 'POST',
    // no connection outlives its request
    headers: { 'content-type': contentType, connection: 'close' },
    body: new Uint8Array(body()),
    signal,
  })
  const text = await response.text()
  const end = response.ok ? 'accepted' : (JSON.parse(text) as { code: string }).code
  if (ends.includes(end)) return end
  throw new Error(
    `Expected ${name} to end with ${ends.join(' or ')}, got ${response.status} ${text.slice(0, 200)}`,
  )
}

/** `scale`: how much of the greatest sizes (1: as they were found; less for a short run). */
export function attacks(scale = 1): Attack[] {
  return [
    ...Object.entries(WHOLE).flatMap(([name, text]) => [
      lyrics('/api/v1/align', name, text),
      lyrics('/api/v1/jobs', `${name} (job)`, text),
    ]),
    ...Object.entries(PIECES).map(([name, piece]) =>
      lyrics('/api/v1/align', `${name}, in long lines`, repeated(piece, LYRICS * scale)),
    ),
    lyrics('/api/v1/align', 'the same line 5,000 times', 'la\n'.repeat(5_000 * scale)),
    ...(['/api/v1/align', '/api/v1/jobs', '/api/v1/batches'] as const).flatMap((path) => [
      json(path, `arrays nested 2,000 deep, ${path}`, () =>
        field(path, '['.repeat(2_000) + ']'.repeat(2_000)),
      ),
      json(path, `arrays nested 400,000 deep, ${path}`, () =>
        field(path, '['.repeat(400_000) + ']'.repeat(400_000)),
      ),
      json(path, `objects nested, ${path}`, () =>
        field(path, `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`),
      ),
      json(path, `a million objects, ${path}`, () => field(path, `[${'{},'.repeat(1_000_000)}{}]`)),
    ]),
    {
      name: 'audio: empty ID3 tags, one after the other',
      path: '/api/v1/align',
      contentType: `multipart/form-data; boundary=${BOUNDARY}`,
      body: () =>
        form(
          'la',
          Buffer.alloc(Math.floor(200_000_000 * scale), Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1')),
        ),
      ends: ['AUDIO_UNREADABLE', 'AUDIO_TOO_LARGE'],
    },
  ]
}
