import { AlignError } from '../errors.ts'

/** Deepest nesting of a body: an item of a batch needs three. */
const MAX_DEPTH = 8
/** Most values of a body: the largest batch has 1000 items of a few fields each. */
const MAX_VALUES = 50_000

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

/**
 * Reads JSON from a client. How deep it nests and how many values it has is counted in its bytes before anything is made of
 * them: both cost many times the bytes themselves, here and in whatever looks at the values later.
 * @throws AlignError BODY_INVALID
 */
export function parsedJson(bytes: Uint8Array): unknown {
  checkShape(bytes)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    // The words of the parser quote the body, which may hold lyrics: they stay out of the answer and of the log.
    throw new AlignError('BODY_INVALID', 'Expected JSON in UTF-8, got something else', { cause })
  }
}

/** One pass over the bytes. UTF-8 has no byte of these within another character. */
function checkShape(bytes: Uint8Array): void {
  let depth = 0
  let values = 0
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfString(bytes, at)
        break
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth++
        values++
        if (depth > MAX_DEPTH) throw refused(`nested at most ${MAX_DEPTH} deep, got it deeper`)
        break
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth--
        break
      case COMMA:
      case COLON:
        values++
        break
    }
    if (values > MAX_VALUES) throw refused(`of at most ${MAX_VALUES} names and values, got more`)
  }
}

/** Where the closing quote stands, or the end of the bytes. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] === BACKSLASH) at++
    else if (bytes[at] === QUOTE) return at
  }
  return bytes.length
}

function refused(what: string): AlignError {
  return new AlignError('BODY_INVALID', `Expected JSON ${what}`)
}
