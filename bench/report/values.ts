/** Each value once, in the order they first come. */
export function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}

/** A runtime as it is written. */
export function named(runtime: string | number | undefined): string {
  return { node: 'Node', bun: 'Bun' }[String(runtime)] ?? String(runtime)
}

/** '1 thread', '2 threads'. */
export function threadsOf(count: string | number | undefined): string {
  return count === 1 ? '1 thread' : `${count} threads`
}
