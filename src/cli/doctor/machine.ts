import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { availableParallelism, freemem } from 'node:os'
import { dirname } from 'node:path'
import type { Config } from '../../config/load.ts'
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

const LOAD_ONNX_RUNTIME = `
  const { createRequire } = await import('node:module')
  const ort = createRequire(process.cwd() + '/x.js')('onnxruntime-node')
  console.log(ort.env.versions.node)`

/** Loads ONNX Runtime in a process of its own: where its binary does not suit the machine, that process dies, not ours. */
export function checkOnnxRuntime(): Finding {
  const root = dirname(createRequire(import.meta.url).resolve('#package.json'))
  const flags = process.versions.bun ? ['-e'] : ['--input-type=module', '-e']
  const child = spawnSync(process.execPath, [...flags, LOAD_ONNX_RUNTIME], { cwd: root, encoding: 'utf8' })
  if (child.status === 0) return ok('onnxruntime', `${child.stdout.trim()} loads`)
  const reason = child.stderr.split('\n').find((line) => /error/i.test(line)) ?? `ended by ${child.signal}`
  return fail(
    'onnxruntime',
    reason.trim(),
    'Install again: ONNXRUNTIME_NODE_INSTALL=skip npm install. It has binaries for Linux with glibc (x64, arm64), ' +
      'macOS (arm64) and Windows; not for Alpine.',
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
