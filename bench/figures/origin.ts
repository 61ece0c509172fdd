import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import { PROJECT } from './project.ts'
import { bunVersion } from './runtimes.ts'

/** Where figures come from: the machine, the commit, and the versions of everything that is measured. */
export type Origin = {
  time: string
  commit: string
  /** Whether tracked files differ from the commit. */
  changed: boolean
  machine: { cpu: string; cores: number; memoryBytes: number; platform: string; loadAtStart: number }
  versions: Record<string, string>
  model: { name: string; version: string }
}

const LIBRARIES = [
  'onnxruntime-node',
  'audio-decode',
  '@echogarden/speex-resampler-wasm',
  'piscina',
  'elysia',
]

const require = createRequire(import.meta.url)

export function originOf(model: Origin['model']): Origin {
  const bun = bunVersion()
  return {
    time: new Date().toISOString(),
    commit: git('rev-parse', '--short', 'HEAD') ?? 'unknown',
    changed: git('status', '--porcelain', '--untracked-files=no') !== '',
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      platform: `${platform()} ${arch()}`,
      loadAtStart: loadavg()[0]!,
    },
    versions: {
      'sow-align': versionIn(PROJECT),
      Node: process.versions.node,
      ...(bun && { Bun: bun }),
      ...Object.fromEntries(LIBRARIES.map((name) => [name, versionIn(join(PROJECT, 'node_modules', name))])),
    },
    model,
  }
}

/** Name and version of the model in a folder; the embedded one where none is given. */
export function modelIn(folder?: string): Origin['model'] {
  const file = folder ? join(folder, 'manifest.json') : require.resolve('#embedded-model/manifest.json')
  const { name, version } = JSON.parse(readFileSync(file, 'utf8'))
  return { name, version }
}

/** Undefined outside of a repository. */
function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, { cwd: PROJECT, encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return undefined
  }
}

function versionIn(folder: string): string {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
}
