import type { Origin } from '../figures/origin.ts'

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

/** The run that figures come from, and what readers must be warned of: nothing, or that it was a short one. */
export function runOf(
  command: string,
  { time, commit, changed }: Origin,
  quick: boolean,
): { run: string; warning: string } {
  return {
    run: `\`${command}\`, ${time.slice(0, 10)}, commit ${commit}${changed ? ' with changes' : ''}`,
    warning: quick ? ' **A quick run: these figures mean little.**' : '',
  }
}
