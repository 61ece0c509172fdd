import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ModelDescription } from './manifest.ts'

/** Formats of weights that exports carry along and ONNX Runtime does not read. */
const OTHER_WEIGHTS = /\.(safetensors|bin|pt|h5|msgpack)$/

/**
 * A hash of everything that what a model hears depends on: its description and its graph with the weights beside it.
 * Hashes that the manifest states have been checked on loading; files without one are read.
 */
export async function identityOf(folder: string, description: ModelDescription): Promise<string> {
  const { graph, ...rest } = description
  const files: [string, string][] = []
  for (const file of await filesOf(graph)) {
    const stated = dirname(file) === folder ? description.sha256[basename(file)] : undefined
    files.push([basename(file), stated ?? (await hashOf(file))])
  }
  return createHash('sha256')
    .update(JSON.stringify([rest, files]))
    .digest('hex')
}

/** The graph, and the files beside it that begin with its name: weights outside of it (model.onnx_data). */
async function filesOf(graph: string): Promise<string[]> {
  const stem = basename(graph, '.onnx')
  const names = (await readdir(dirname(graph))).filter(
    (name) =>
      name === basename(graph) ||
      (name.startsWith(stem) && !name.endsWith('.onnx') && !OTHER_WEIGHTS.test(name)),
  )
  return names.sort().map((name) => join(dirname(graph), name))
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
