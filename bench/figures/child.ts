import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { COMMANDS, type Runtime } from './runtimes.ts'

export type ChildOptions = {
  runtime?: Runtime
  /** Cores that the process may use, from the first one on; all where it is not given. */
  cores?: number
  /** Beside the variables of this process, of which settings of the service are left out. */
  env?: Record<string, string>
  /** Folder of the compiled programs; those of this tree where it is not given. */
  dist?: string
  /** Given to the process on stdin. */
  input?: string
}

/** The last line a child prints is its reply; it is spawned at `spawnedAt` (Date.now()). */
export type Reply<T> = { reply: T; spawnedAt: number }

/** Runs a program of children/ in a fresh process with a task, and reads its reply. */
export async function runChild<T>(
  program: string,
  task: unknown,
  options: ChildOptions = {},
): Promise<Reply<T>> {
  const { dist = fileURLToPath(new URL('../..', import.meta.url)) } = options
  const file = join(dist, 'bench', 'children', `${program}.js`)
  const spawnedAt = Date.now()
  // Not as an argument: ONNX Runtime overflows the stack of a thread over a very long command line.
  const child = start(file, [], { ...options, input: JSON.stringify(task) })
  const stdout = collect(child.stdout!)
  const stderr = collect(child.stderr!)
  const [code, signal] = await once(child, 'close')
  const line = stdout().trim().split('\n').at(-1) ?? ''
  if (code !== 0 || !line.startsWith('{')) {
    throw new Error(`Expected a reply of ${program}, got exit ${code ?? signal}: ${stderr() || line}`)
  }
  return { reply: JSON.parse(line), spawnedAt }
}

/** Starts a compiled program. */
export function start(
  file: string,
  args: string[],
  { runtime = 'node', cores, env = {}, input }: ChildOptions = {},
): ChildProcess {
  const command = [...pinnedTo(cores), ...COMMANDS[runtime], file, ...args]
  const [program, ...rest] = command
  const stdin = input === undefined ? 'ignore' : 'pipe'
  const child = spawn(program!, rest, {
    env: { ...ownEnvironment(), ...env },
    stdio: [stdin, 'pipe', 'pipe'],
  })
  child.stdin?.end(input)
  return child
}

/** Whether {@link ChildOptions.cores} is enforced here (taskset of util-linux). */
export function canPin(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}

function pinnedTo(cores: number | undefined): string[] {
  if (cores === undefined || cores >= availableParallelism() || !canPin()) return []
  return ['taskset', '--cpu-list', `0-${cores - 1}`]
}

function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SOW_')))
}

/** What a stream has given so far, as text. */
export function collect(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.on('data', (chunk: Buffer) => {
    text += chunk
  })
  return () => text
}

/**
 * The most memory a process has held, bytes. On Linux the peak of the process itself: getrusage begins with that of the
 * parent.
 */
export function peakMemory(pid: number | 'self' = 'self'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) * 1024
  } catch (error) {
    if (pid !== 'self' || process.platform === 'linux') throw error
    return process.resourceUsage().maxRSS * 1024
  }
}

/** Prints the reply of a child; its caller reads the last line. */
export function replyWith(reply: unknown): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`)
}

/** The task this child was given. */
export function taskOf<T>(): T {
  return JSON.parse(readFileSync(0, 'utf8'))
}
