import { peakMemory } from './child.ts'

/** `growthBytes`: the peak of the process above what it held before. */
export type Measured = { seconds: number; cpuSeconds: number; growthBytes: number }

/** Takes the time and memory of some work, which must be the first large one of its process. */
export async function measure<T>(work: () => T | Promise<T>): Promise<Measured & { result: T }> {
  const held = process.memoryUsage.rss()
  const before = process.cpuUsage()
  const started = performance.now()
  const result = await work()
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(before)
  return { result, seconds, cpuSeconds: (user + system) / 1e6, growthBytes: peakMemory() - held }
}
