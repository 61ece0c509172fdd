import { AlignError } from '../errors.ts'

/** Most levels of arrays and objects in one another; a batch needs three. */
export const MAX_DEPTH = 8
/** Most members and elements of all levels together; a batch of 1000 items needs 6000. */
export const MAX_VALUES = 100_000

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
// In ASCII { and } differ from [ and ] in this bit alone.
const BRACE_BIT = 0x20
const OPENING = 0x7b
const CLOSING = 0x7d

/**
 * The value that JSON stands for; of keys that come twice, the last one counts. How deep and how many its values are is
 * looked at before anything is made of them: the bytes are read once, in linear time and without memory.
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

/** No byte of a longer UTF-8 sequence looks like one of those that are looked for; what is no JSON is left to the parser. */
function checkShape(bytes: Uint8Array): void {
  let depth = 0
  let values = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE) at = endOfText(bytes, at)
    else if (byte === COMMA) values++
    else if ((byte | BRACE_BIT) === OPENING) {
      depth++
      values++
    } else if ((byte | BRACE_BIT) === CLOSING) depth--
    if (depth > MAX_DEPTH) throw unusual(`at most ${MAX_DEPTH} levels`)
    if (values > MAX_VALUES) throw unusual(`at most ${MAX_VALUES} values`)
  }
}

/** Where the quote is that ends the text that begins at `from`, or the end of the bytes. */
function endOfText(bytes: Uint8Array, from: number): number {
  let at = from + 1
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at
}

function unusual(expected: string): AlignError {
  return new AlignError('BODY_INVALID', `Expected JSON of ${expected}, got more`)
}
