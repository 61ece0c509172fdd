import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The built command line, run as a process of its own, as people run it. */
export const CLI = fileURLToPath(new URL('../dist/src/cli.js', import.meta.url))

/** Both runtimes, by their names. */
export const RUNTIMES = {
  node: ['node'],
  bun: [fileURLToPath(new URL('../node_modules/.bin/bun', import.meta.url)), '--no-env-file'],
} as const

export type Ended = { code: number | null; stdout: string; stderr: string }

export type RunOptions = {
  runtime?: keyof typeof RUNTIMES
  stdin?: string | Uint8Array
  env?: Record<string, string>
  cwd?: string
  /** Told of the process once it runs, to send it signals. */
  started?: (child: ChildProcess) => void
}

/** The variables of this process without settings of ours or credentials. */
export function cleanEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(SOW_|AWS_)/.test(name))
  return { ...(Object.fromEntries(kept) as Record<string, string>), PATH: pathToNode() }
}

/** Where `bun --bun` runs the tests, it puts a folder with itself as `node` in front. */
function pathToNode(): string {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.filter((folder) => !folder.includes('bun-node')).join(delimiter)
}

export async function runCli(args: string[], options: RunOptions = {}): Promise<Ended> {
  const runtime = RUNTIMES[options.runtime ?? (process.versions.bun ? 'bun' : 'node')]
  return runProgram([...runtime, CLI, ...args], options)
}

export async function runProgram([file, ...args]: string[], options: RunOptions = {}): Promise<Ended> {
  const { stdin = '', env = {}, cwd, started } = options
  const child = spawn(file!, args, { env: { ...cleanEnvironment(), ...env }, ...(cwd && { cwd }) })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  // A program that does not read its stdin is no failure of ours.
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  started?.(child)
  const [code] = await once(child, 'close')
  const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString('utf8')
  return { code, stdout: text(stdout), stderr: text(stderr) }
}

/** Whether a program is there, for tests that compare with it. */
export function canRun(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
