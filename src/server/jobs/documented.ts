/**
 * Schemas of answers as OpenAPI has them, for routes whose answers are streams or empty and so cannot be declared as
 * schemas that are checked.
 */
export function documented(schemas: Record<number, object>): Record<string, Described> {
  return Object.fromEntries(
    Object.entries(schemas).map(([status, schema]): [string, Described] => {
      // Without the symbols by which TypeBox knows its own.
      const plain: { description?: string } = JSON.parse(JSON.stringify(schema))
      return [
        status,
        {
          description: plain.description ?? `Response for status ${status}`,
          content: { 'application/json': { schema: plain } },
        },
      ]
    }),
  )
}

type Described = { description: string; content: Record<string, { schema: object }> }

/** An answer without a body. */
export const EMPTY = { description: 'Done' } as const
