import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, freemem, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Config } from '../../config/load.ts'
import { TELEMETRY_OFF } from '../../config/telemetry.ts'
import { type Finding, fail, ok, warn } from './check.ts'

// As in package.json's engines.
const OLDEST = { node: [20, 18, 1], bun: [1, 2, 0] } as const

/** What a song of five minutes needs beside the loaded model, bytes: an upper bound that the tests hold. */
const PER_SONG_BYTES = 300 * 2 ** 20

export function checkRuntime(): Finding {
  const name = process.versions.bun ? 'bun' : 'node'
  const version = process.versions[name]!
  const found = `${name === 'bun' ? 'Bun' : 'Node'} ${version}, ${process.platform} ${process.arch}`
  const oldest = OLDEST[name]
  if (isAtLeast(version.split('.').map(Number.parseFloat), oldest)) return ok('runtime', found)
  return fail('runtime', found, `Install ${name} ${oldest.join('.')} or newer.`)
}

function isAtLeast(version: readonly number[], oldest: readonly number[]): boolean {
  const differing = oldest.findIndex((part, i) => (version[i] ?? 0) !== part)
  return differing < 0 || version[differing]! > oldest[differing]!
}

// What is no model is refused, after ONNX Runtime has begun all that it does before.
const LOAD_ONNX_RUNTIME = `
  const { createRequire } = await import('node:module')
  const ort = createRequire(process.cwd() + '/x.js')('onnxruntime-node')
  console.log(ort.env.versions.node)
  await ort.InferenceSession.create(new Uint8Array(1)).catch(() => {})`

/**
 * Loads ONNX Runtime in a process of its own: where its binary does not suit the machine, that process dies, not ours. Its
 * telemetry would leave files in the home and temporary folders, which are empty ones here.
 */
export function checkOnnxRuntime(): [load: Finding, telemetry?: Finding] {
  const root = dirname(createRequire(import.meta.url).resolve('#package.json'))
  const flags = process.versions.bun ? ['-e'] : ['--input-type=module', '-e']
  const empty = mkdtempSync(join(tmpdir(), 'sow-doctor-'))
  try {
    const folders = { HOME: empty, TMPDIR: empty, XDG_CACHE_HOME: empty }
    const env = { ...process.env, ...folders, BUN_RUNTIME_TRANSPILER_CACHE_PATH: '0' }
    const child = spawnSync(process.execPath, [...flags, LOAD_ONNX_RUNTIME], {
      cwd: root,
      encoding: 'utf8',
      env,
    })
    if (child.status !== 0) return [unloadable(child.stderr, child.signal)]
    return [ok('onnxruntime', `${child.stdout.trim()} loads`), telemetry(readdirSync(empty))]
  } finally {
    rmSync(empty, { recursive: true })
  }
}

function unloadable(stderr: string, signal: string | null): Finding {
  const reason = stderr.split('\n').find((line) => /error/i.test(line)) ?? `ended by ${signal}`
  return fail(
    'onnxruntime',
    reason.trim(),
    'Install again: ONNXRUNTIME_NODE_INSTALL=skip npm install. It has binaries for Linux with glibc (x64, arm64), ' +
      'macOS (arm64) and Windows; not for Alpine.',
  )
}

function telemetry(left: readonly string[]): Finding {
  const { name, value } = TELEMETRY_OFF
  if (left.length === 0) {
    return ok('telemetry', `of ONNX Runtime is off (${name}=${value}); a trial run has left no file`)
  }
  return fail(
    'telemetry',
    `of ONNX Runtime is on: a trial run has left ${left.join(', ')}`,
    `Set ${name}=${value} in the environment, and please report this.`,
  )
}

export function checkThreads({ threads, maxConcurrent }: Pick<Config, 'threads' | 'maxConcurrent'>): Finding {
  const cores = availableParallelism()
  const each = threads ?? Math.max(1, Math.floor(cores / maxConcurrent))
  const found = `${maxConcurrent} at once x ${each} threads on ${cores} ${cores === 1 ? 'core' : 'cores'}`
  if (each * maxConcurrent <= cores) return ok('threads', found)
  return warn(
    'threads',
    found,
    'They will wait for each other: set SOW_QWEN3_THREADS x SOW_QWEN3_MAX_CONCURRENT to at most the number of cores.',
  )
}

/** Asked after an alignment, when what the model takes can be seen. */
export function checkMemory({ maxConcurrent }: Pick<Config, 'maxConcurrent'>): Finding {
  const available = process.availableMemory?.() ?? freemem()
  const used = process.memoryUsage.rss()
  const need = maxConcurrent * PER_SONG_BYTES
  const found = `${mib(available)} free; the loaded model takes ${mib(used)}, songs up to ${mib(need)} more`
  if (available > need) return ok('memory', found)
  return warn(
    'memory',
    found,
    'Lower SOW_QWEN3_MAX_CONCURRENT or SOW_QWEN3_MAX_AUDIO_SECONDS, or give it more memory.',
  )
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`
}
