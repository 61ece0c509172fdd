import { getSchemaValidator } from 'elysia'
import { AlignError } from '../errors.ts'
import { AlignBody } from './schemas.ts'

/** Of a field's schema, what a message can say. */
type Described = Record<string, unknown>

const alignBody = getSchemaValidator(AlignBody)
const NAMES = Object.keys(AlignBody.properties)

/**
 * The known fields of a body, of the types that are documented; null is as good as nothing, and other fields are left out.
 * Checked before Elysia does: the error of its validator prints the whole value, which takes memory and time without
 * proportion to its size.
 * @throws AlignError BODY_INVALID, LYRICS_EMPTY
 */
export function checkedFields(given: Record<string, unknown>): AlignBody {
  const fields = knownFields(given, NAMES)
  const lyrics = fields.lyrics_text ?? ''
  if (typeof lyrics === 'string' && lyrics.trim() === '') {
    throw new AlignError('LYRICS_EMPTY', 'Expected lyrics in lyrics_text, got none')
  }
  if (alignBody.Check(fields)) return fields as AlignBody
  const { path, schema, value } = alignBody.Errors(fields).First()!
  throw new AlignError(
    'BODY_INVALID',
    `${path.slice(1)}: expected ${expectation(schema)}, got ${kindOf(value, schema)}`,
  )
}

/** Those of the names that are an object's own and not null. */
export function knownFields(given: object, names: readonly string[]): Record<string, unknown> {
  const known = new Set(names)
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => known.has(name) && value !== null),
  )
}

function expectation({ enum: words, type, format, maxLength }: Described): string {
  if (Array.isArray(words)) return words.join(', ').replace(/, ([^,]*)$/, ' or $1')
  if (type === 'string' && format === 'binary') return 'a file'
  if (type === 'string') return maxLength ? `text of at most ${maxLength} characters` : 'text'
  if (type === 'number') return 'a number above 0'
  return type === 'boolean' ? 'true or false' : 'what is documented'
}

/** What a value is, in a few words, and never the value itself: it may be lyrics, or large. */
export function kindOf(value: unknown, { type }: Described = {}): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (value instanceof Blob) return 'a file'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'string') return `text of length ${value.length}`
  if (typeof value === 'object') return 'an object'
  return typeof value === type ? 'another' : `a ${typeof value}`
}
