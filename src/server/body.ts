import { AlignError } from '../errors.ts'

/** Most bytes of a request without audio in it, and of what stands beside the audio in a form. */
const TEXT_BYTES = 4 * 1024 * 1024

/**
 * Reads a request's body, JSON or form, and no more of it than is allowed: what announces itself as larger is refused
 * before a byte is read, what does not is cut while it comes.
 * @throws AlignError BODY_INVALID, AUDIO_TOO_LARGE, LYRICS_TOO_LARGE, LYRICS_EMPTY
 */
export async function readBody(
  request: Request,
  maxAudioBytes: number,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const type = request.headers.get('content-type') ?? ''
  if (/^multipart\/form-data\b/i.test(type)) {
    return withLyrics(
      await readForm(await readBytes(request, maxAudioBytes + TEXT_BYTES, tooMuchAudio, signal), type),
    )
  }
  if (/^application\/json\b/i.test(type)) {
    return withLyrics(readJson(await readBytes(request, TEXT_BYTES, tooMuchText, signal)))
  }
  const got = type === '' ? 'none' : JSON.stringify(type.slice(0, 100))
  throw new AlignError(
    'BODY_INVALID',
    `Expected content-type application/json or multipart/form-data, got ${got}`,
  )

  function tooMuchAudio(bytes: string): AlignError {
    return new AlignError(
      'AUDIO_TOO_LARGE',
      `Expected at most ${maxAudioBytes} bytes of audio, got a body of ${bytes}`,
    )
  }
}

function tooMuchText(bytes: string): AlignError {
  return new AlignError('LYRICS_TOO_LARGE', `Expected a body of at most ${TEXT_BYTES} bytes, got ${bytes}`)
}

async function readBytes(
  request: Request,
  limit: number,
  tooMuch: (bytes: string) => AlignError,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const announced = Number(request.headers.get('content-length') ?? 0)
  if (announced > limit) throw tooMuch(`${announced} bytes`)
  if (!request.body) return new Uint8Array(0)
  const reader = request.body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await untilAborted(reader.read(), signal)
    if (done) return joined(chunks, size)
    size += value.byteLength
    if (size > limit) throw tooMuch(`more than ${limit} bytes`)
    chunks.push(value)
  }
}

function joined(chunks: Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}

function readJson(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new AlignError('BODY_INVALID', `Expected JSON in UTF-8, got something else: ${why}`, {
      cause: error,
    })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new AlignError('BODY_INVALID', 'Expected a JSON object, got another JSON value')
}

/** The fields of a form. Lyrics may come as a file as well, as `curl -F lyrics_text=@lyrics.txt` sends them. */
async function readForm(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<Record<string, unknown>> {
  let form: FormData
  try {
    form = await new Response(bytes, { headers: { 'content-type': type } }).formData()
  } catch (error) {
    throw new AlignError(
      'BODY_INVALID',
      'Expected multipart form data, got something that cannot be read as it',
      {
        cause: error,
      },
    )
  }
  const fields = Object.fromEntries(form.entries())
  const lyrics = fields.lyrics_text
  return lyrics instanceof Blob ? { ...fields, lyrics_text: await lyrics.text() } : fields
}

/** The fields that are given: null is as good as nothing. */
function withLyrics(fields: Record<string, unknown>): Record<string, unknown> {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
  const lyrics = given.lyrics_text ?? ''
  if (typeof lyrics !== 'string' || lyrics.trim() !== '') return given
  throw new AlignError('LYRICS_EMPTY', 'Expected lyrics in lyrics_text, got none')
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
