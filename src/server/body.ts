import { AlignError } from '../errors.ts'
import { untilAborted } from '../pool/until-aborted.ts'
import { createCollector } from './collect.ts'
import { knownFields } from './fields.ts'
import { readForm } from './form.ts'
import { parsedJson } from './json.ts'
import { nearlyFitting } from './meant.ts'
import type { OpenRequest } from './requests.ts'
import { AlignBody } from './schemas.ts'

/** Most bytes of a request without audio in it, and of what stands beside the audio in a form. */
export const TEXT_BYTES = 4 * 1024 * 1024

/**
 * Reads a request's body, JSON or form, and no more of it than is allowed: what announces itself as larger is refused
 * before a byte is read, what does not is cut while it comes.
 * @throws AlignError BODY_INVALID, AUDIO_TOO_LARGE, LYRICS_TOO_LARGE, LYRICS_EMPTY, QUEUE_FULL, BODY_TIMEOUT, and what the
 *   signal aborts with
 */
export async function readBody(
  request: Request,
  maxAudioBytes: number,
  opened: Reading,
): Promise<Record<string, unknown>> {
  const type = request.headers.get('content-type') ?? ''
  if (/^multipart\/form-data\b/i.test(type)) {
    checkAnnounced(request, maxAudioBytes + TEXT_BYTES, (bytes) => tooMuchAudio(maxAudioBytes, bytes))
    return withLyrics(await readForm(piecesOf(request, opened), type, maxAudioBytes, TEXT_BYTES))
  }
  if (/^application\/json\b/i.test(type)) {
    checkAnnounced(request, TEXT_BYTES, tooMuchText)
    return withLyrics(await readJson(piecesOf(request, opened)))
  }
  const got = type === '' ? 'none' : JSON.stringify(type.slice(0, 100))
  throw new AlignError(
    'BODY_INVALID',
    `Expected content-type application/json or multipart/form-data, got ${got}`,
  )
}

function tooMuchAudio(maxAudioBytes: number, bytes: string): AlignError {
  return new AlignError(
    'AUDIO_TOO_LARGE',
    `Expected at most ${maxAudioBytes} bytes of audio, got a body of ${bytes}`,
  )
}

function tooMuchText(bytes: string): AlignError {
  return new AlignError('LYRICS_TOO_LARGE', `Expected a body of at most ${TEXT_BYTES} bytes, got ${bytes}`)
}

function checkAnnounced(request: Request, limit: number, tooMuch: (bytes: string) => AlignError): void {
  const announced = Number(request.headers.get('content-length') ?? 0)
  if (announced > limit) throw tooMuch(`${announced} bytes`)
}

/** What a body is read under. */
export type Reading = Pick<OpenRequest, 'signal' | 'hold' | 'idleSeconds'>

/**
 * The body as it comes, until the signal aborts; what is left of it is left to others. Every piece is held before the next
 * one is asked for, and what announces more than there is room for is refused before the first.
 * @throws AlignError QUEUE_FULL, BODY_TIMEOUT
 */
export async function* piecesOf(
  request: Request,
  { signal, hold, idleSeconds }: Reading,
): AsyncGenerator<Uint8Array, void> {
  hold.check(Number(request.headers.get('content-length') ?? 0))
  const reader = request.body?.getReader()
  if (!reader) return
  try {
    for (;;) {
      const next = untilAborted(reader.read().catch(unreadable), signal)
      const { done, value } = await within(idleSeconds, next)
      if (done) return
      hold.take(value.byteLength)
      yield value
    }
  } finally {
    reader.releaseLock()
  }
}

function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () =>
      reject(new AlignError('BODY_TIMEOUT', `Expected more of the body within ${seconds} s, got nothing`))
    const timer = setTimeout(late, seconds * 1000)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** The connection broke, or what came over it was no HTTP. */
function unreadable(cause: unknown): never {
  throw new AlignError('BODY_INVALID', 'Expected a body that can be read', { cause })
}

async function readJson(pieces: AsyncIterable<Uint8Array>): Promise<Record<string, unknown>> {
  const collector = createCollector(TEXT_BYTES, () => tooMuchText(`more than ${TEXT_BYTES} bytes`))
  for await (const piece of pieces) collector.write(piece)
  const value = parsedJson(collector.take())
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new AlignError('BODY_INVALID', 'Expected a JSON object, got another JSON value')
}

/** The fields that are given and known: null is as good as nothing. */
function withLyrics(fields: Record<string, unknown>): Record<string, unknown> {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
  const names = Object.keys(given)
  const lyrics = given.lyrics_text ?? ''
  if (typeof lyrics === 'string' && lyrics.trim() === '') {
    const near = nearlyFitting(names, ['lyrics_text'])
    throw new AlignError('LYRICS_EMPTY', `Expected lyrics in lyrics_text, got none${near}`)
  }
  const known = knownFields(given, AlignBody.properties)
  const near = nearlyFitting(names, ['audio', 'audio_url'])
  if (known.audio === undefined && known.audio_url === undefined && near !== '')
    throw new AlignError(
      'BODY_INVALID',
      `Expected either audio_url or audio (a file in a form), got neither${near}`,
    )
  return known
}
