import { AlignError } from '../errors.ts'

/** What is asked of one field; schemas of Elysia are such. */
type FieldSchema = {
  type?: unknown
  format?: unknown
  enum?: unknown
  maxLength?: number | undefined
  exclusiveMinimum?: number | undefined
}

/**
 * The fields of a body that a schema knows, each as it asks. Whoever compares values with schemas later finds nothing to
 * complain about: the complaint of a validator holds the whole body, and making it takes much longer than reading it did.
 * @throws AlignError BODY_INVALID
 */
export function knownFields(
  fields: Record<string, unknown>,
  properties: Readonly<Record<string, object>>,
): Record<string, unknown> {
  const schemas: [string, FieldSchema][] = Object.entries(properties)
  const given = schemas.filter(([name]) => Object.hasOwn(fields, name))
  const problems = given
    .filter(([name, schema]) => !fits(fields[name], schema))
    .map(([name, schema]) => `${name}: expected ${expectation(schema)}, got ${sketch(fields[name])}`)
  if (problems.length > 0) throw new AlignError('BODY_INVALID', problems.join('; '))
  return Object.fromEntries(given.map(([name]) => [name, fields[name]]))
}

function fits(value: unknown, schema: FieldSchema): boolean {
  if (Array.isArray(schema.enum)) return schema.enum.includes(value)
  switch (kindOf(schema)) {
    case 'file':
      return value instanceof Blob
    case 'string':
      return typeof value === 'string' && value.length <= (schema.maxLength ?? Number.POSITIVE_INFINITY)
    case 'number':
      return (
        Number.isFinite(value) && (value as number) > (schema.exclusiveMinimum ?? Number.NEGATIVE_INFINITY)
      )
    case 'boolean':
      return typeof value === 'boolean'
  }
}

function kindOf(schema: FieldSchema): 'file' | 'string' | 'number' | 'boolean' {
  if (schema.type === 'string') return schema.format === 'binary' ? 'file' : 'string'
  if (schema.type === 'number' || schema.type === 'boolean') return schema.type
  throw new Error(`Expected a schema of a file, string, number or boolean, got ${JSON.stringify(schema)}`)
}

function expectation(schema: FieldSchema): string {
  if (Array.isArray(schema.enum)) return schema.enum.join(', ').replace(/, ([^,]*)$/, ' or $1')
  switch (kindOf(schema)) {
    case 'file':
      return 'a file'
    case 'string':
      return schema.maxLength ? `text of at most ${schema.maxLength} characters` : 'text'
    case 'number':
      return 'a number above 0'
    case 'boolean':
      return 'true or false'
  }
}

/**
 * A value as an error may show it: its kind, of a text its length. The answer and the log hold what this gives, and any text
 * in the body may be lyrics or a key, however short.
 */
export function sketch(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value instanceof Blob) return 'a file'
  if (typeof value === 'string') return `text of length ${value.length}`
  if (Array.isArray(value)) return 'an array'
  // numbers, true, false and null
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
