import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { collect, peakMemory, start } from '../figures/child.ts'
import { PROJECT } from '../figures/project.ts'
import type { Runtime } from '../figures/runtimes.ts'

/** The HTTP service in a process of its own, on a free port of this machine. */
export type Service = {
  url: string
  pid: number
  peakBytes(): number
  /** What it has logged. */
  log(): string
  stop(): Promise<void>
  /** Sends a signal and gives its exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string>
}

const SERVE = join(PROJECT, 'dist', 'src', 'serve.js')
const READY_MS = 120_000
const POLL_MS = 50

/** Starts the service with settings (names without their prefix) and other variables, and waits until it is healthy. */
export async function startService(
  runtime: Runtime,
  settings: Record<string, string>,
  variables: Record<string, string> = {},
): Promise<Service> {
  const given = { HOST: '127.0.0.1', PORT: '0', ...settings }
  const named = Object.entries(given).map(([name, value]) => [`SOW_QWEN3_${name}`, value])
  const env = { ...variables, ...Object.fromEntries(named) }
  const child = start(SERVE, [], { runtime, env })
  const log = collect(child.stdout!)
  const errors = collect(child.stderr!)
  const closed = once(child, 'close')
  const end = async (signal: NodeJS.Signals): Promise<number | string> => {
    child.kill(signal)
    const [code, endedBy] = await closed
    return endedBy ?? code
  }
  const stop = async () => void (await end('SIGTERM'))
  try {
    const url = await within(READY_MS, async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
      const found = /"url":"([^"]+)"/.exec(log())?.[1]
      return found && (await fetch(`${found}/health`)).ok ? found : undefined
    })
    return { url, pid: child.pid!, peakBytes: () => peakMemory(child.pid!), log, stop, end }
  } catch (cause) {
    await stop()
    throw new Error(`Expected a healthy service: ${errors() || log()}`, { cause })
  }
}

async function within<T>(milliseconds: number, ask: () => Promise<T | undefined>): Promise<T> {
  const until = performance.now() + milliseconds
  while (performance.now() < until) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await sleep(POLL_MS)
  }
  throw new Error(`Expected a healthy service within ${milliseconds / 1000} s`)
}
