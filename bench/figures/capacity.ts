/** What one probe of a setting showed at a rate of arrivals. */
export type Probe = { songsPerHour: number; p95: number }

/** The highest rate of which the 95th percentile met the target; undefined where none did. */
export function highestRate<T extends Probe>(probes: readonly T[], targetSeconds: number): T | undefined {
  const met = probes.filter(({ p95 }) => p95 <= targetSeconds)
  return met.toSorted((a, b) => b.songsPerHour - a.songsPerHour)[0]
}

/** How fast a process may be used up: CPU seconds per second, and bytes. */
export type Budget = { cpus: number; bytes: number }

// The clocks of CPU and wall time differ by a little.
const CLOCK_SLACK = 1.03

/** Sentences for each budget that was exceeded. */
export function exceeded(budget: Budget, { cpus, bytes }: { cpus: number; bytes: number }): string[] {
  const problems: string[] = []
  if (cpus > budget.cpus * CLOCK_SLACK) {
    problems.push(`Expected at most ${budget.cpus} CPU seconds a second, got ${cpus.toFixed(2)}`)
  }
  if (bytes > budget.bytes) {
    const [limit, got] = [budget.bytes, bytes].map((size) => (size / 1e9).toFixed(2))
    problems.push(`Expected at most ${limit} GB of memory, got ${got} GB`)
  }
  return problems
}

/** Ways to share cores between alignments: from one with all of them to one on each. */
export function sharesOf(cores: number): { maxConcurrent: number; threads: number }[] {
  return Array.from({ length: cores }, (_, i) => i + 1)
    .filter((maxConcurrent) => cores % maxConcurrent === 0)
    .map((maxConcurrent) => ({ maxConcurrent, threads: cores / maxConcurrent }))
}

export type Cost = { audioHoursPerCoreHour: number; coreHoursFor100000: number }

/** What a rate of work costs, from the CPU time that songs took under load. */
export function costOf(songSeconds: number, cpuSecondsPerSong: number): Cost {
  return {
    audioHoursPerCoreHour: songSeconds / cpuSecondsPerSong,
    coreHoursFor100000: (100_000 * cpuSecondsPerSong) / 3600,
  }
}

/** Machines for a rate of arrivals, when each carries `perMachine` within its target. */
export function machinesFor(songsPerHour: number, perMachine: number): number {
  return Math.ceil(songsPerHour / perMachine)
}
