import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { PROJECT } from './project.ts'

export type Runtime = 'node' | 'bun'

const BUN = join(PROJECT, 'node_modules', '.bin', 'bun')

/** How each runtime is started. */
export const COMMANDS: Record<Runtime, string[]> = { node: ['node'], bun: [BUN, '--no-env-file'] }

/** Undefined where Bun is not installed. */
export function bunVersion(): string | undefined {
  try {
    return execFileSync(BUN, ['--version'], { encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return undefined
  }
}

/** Node, and Bun where it is installed. */
export function runtimes(): Runtime[] {
  return bunVersion() ? ['node', 'bun'] : ['node']
}
