import { AlignError } from '../errors.ts'

/** What stands at the head of a part. `filename` is there where the part is a file. */
export type PartHead = { name: string; filename: string | undefined }

/** Where the bytes of a part go; `write` may keep none of what it is given. */
export type PartSink = { write(bytes: Uint8Array): void; end(): void }

/** Takes a form as it comes, in pieces of any size, and holds back no more than the head of a part. */
export type MultipartReader = {
  /** @throws AlignError BODY_INVALID, or what a sink throws */
  push(bytes: Uint8Array): void
  /** @throws AlignError BODY_INVALID where the form has not ended */
  end(): void
}

export type MultipartLimits = {
  /** Most parts of a form. */
  maxParts: number
  /** Most bytes of the head of a part, and of what stands before the first one. */
  maxHeadBytes: number
}

const DEFAULTS: MultipartLimits = { maxParts: 32, maxHeadBytes: 8192 }
// RFC 2046, 5.1.1.
const MAX_BOUNDARY = 70
const MAX_PADDING = 128

/**
 * Reads multipart/form-data (RFC 7578). Every limit is checked before more is read.
 * @throws AlignError BODY_INVALID where the content type names no boundary
 */
export function createMultipartReader(
  contentType: string,
  onPart: (head: PartHead) => PartSink,
  { maxParts, maxHeadBytes }: MultipartLimits = DEFAULTS,
): MultipartReader {
  const delimiter = Buffer.from(`\r\n--${boundaryOf(contentType)}`, 'latin1')
  // The delimiter begins with a line end, which the first one of a body need not have.
  let held: Buffer = Buffer.from('\r\n')
  let state: 'preamble' | 'delimiter' | 'head' | 'content' | 'end' = 'preamble'
  let parts = 0
  let skipped = 0
  let sink: PartSink | undefined

  /** What can be said of the held bytes: whether there is more to say. */
  function step(): boolean {
    switch (state) {
      case 'preamble':
        return skipPreamble()
      case 'delimiter':
        return readDelimiterEnd()
      case 'head':
        return readHead()
      case 'content':
        return readContent()
      case 'end':
        held = held.subarray(held.length)
        return false
    }
  }

  function skipPreamble(): boolean {
    const at = held.indexOf(delimiter)
    skipped += drop(at < 0 ? unsure() : at + delimiter.length)
    if (skipped > maxHeadBytes + delimiter.length) {
      throw invalid(`the first part within ${maxHeadBytes} bytes`, 'none')
    }
    if (at >= 0) state = 'delimiter'
    return at >= 0
  }

  function readDelimiterEnd(): boolean {
    if (held.length < 2) return false
    if (held[0] === 0x2d && held[1] === 0x2d) {
      state = 'end'
      return true
    }
    const lineEnd = held.indexOf('\r\n')
    const padding = lineEnd < 0 ? held.length : lineEnd
    if (padding > MAX_PADDING || !/^[ \t]*\r?$/.test(held.toString('latin1', 0, padding))) {
      throw invalid('a line end after every boundary', 'something else')
    }
    if (lineEnd < 0) return false
    if (++parts > maxParts) throw invalid(`at most ${maxParts} parts`, 'more')
    drop(lineEnd + 2)
    state = 'head'
    return true
  }

  function readHead(): boolean {
    const at = held.indexOf('\r\n\r\n')
    if ((at < 0 ? held.length : at) > maxHeadBytes) {
      throw invalid(`a part's head of at most ${maxHeadBytes} bytes`, 'a longer one')
    }
    if (at < 0) return false
    sink = onPart(headOf(held.toString('utf8', 0, at)))
    drop(at + 4)
    state = 'content'
    return true
  }

  function readContent(): boolean {
    const at = held.indexOf(delimiter)
    const size = at < 0 ? unsure() : at
    if (size > 0) sink!.write(held.subarray(0, size))
    drop(at < 0 ? size : at + delimiter.length)
    if (at < 0) return false
    sink!.end()
    state = 'delimiter'
    return true
  }

  /** How many of the held bytes cannot be the beginning of a delimiter. */
  function unsure(): number {
    return Math.max(0, held.length - delimiter.length + 1)
  }

  function drop(bytes: number): number {
    held = held.subarray(bytes)
    return bytes
  }

  return {
    push(bytes) {
      const more = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      held = held.length === 0 ? more : Buffer.concat([held, more])
      while (step());
      // What is held back shall not hold the piece that it came with.
      held = Buffer.from(held)
    },
    end() {
      if (state !== 'end') throw invalid('an end of the form', 'none')
    },
  }
}

function boundaryOf(contentType: string): string {
  const match = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType)
  const boundary = match?.[1] ?? match?.[2]
  if (boundary !== undefined && boundary.length <= MAX_BOUNDARY) return boundary
  throw invalid(
    `a boundary of at most ${MAX_BOUNDARY} characters in content-type`,
    boundary ? 'a longer one' : 'none',
  )
}

function headOf(text: string): PartHead {
  const disposition = /(?:^|\r\n)content-disposition:\s*form-data\b([^\r\n]*)/i.exec(text)?.[1]
  const name = disposition && parameter(disposition, 'name')
  if (name) return { name, filename: parameter(disposition, 'filename') }
  throw invalid('every part to have a content-disposition with a name', 'one without')
}

const PARAMETERS = {
  name: /;\s*name=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i,
  filename: /;\s*filename=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i,
} as const

/** A parameter as browsers and curl write it: in quotes, with %22 or \" for quotes in it; or plain. */
function parameter(text: string, name: keyof typeof PARAMETERS): string | undefined {
  const match = PARAMETERS[name].exec(text)
  return match?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? match?.[2]
}

function invalid(expected: string, got: string): AlignError {
  return new AlignError('BODY_INVALID', `Expected multipart form data with ${expected}, got ${got}`)
}
