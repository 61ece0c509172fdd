import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AlignError } from '../errors.ts'

/**
 * What a model path holds: a CTC model with our manifest or as a Hugging Face export, or Qwen3-ForcedAligner, converted by
 * us, as a snapshot of Hugging Face, or as a public export in one graph. `folder` is where the files are.
 */
export type ModelFound = {
  kind: 'ctc' | 'hugging-face-ctc' | 'qwen3-converted' | 'qwen3-snapshot' | 'qwen3-graph'
  folder: string
}

export const CTC_MANIFEST = 'manifest.json'
export const QWEN3_MANIFEST = 'sow-qwen3.json'

const WEIGHTS = ['model.safetensors', 'model.safetensors.index.json']

/**
 * Finds out what a model path holds, by names of files alone: whether they can be loaded, loading says. A cache folder of
 * Hugging Face (`models--*`, with `snapshots/`) leads to its snapshot.
 * @throws AlignError MODEL_INVALID where it is nothing that can be loaded
 */
export function inspectModel(path: string): ModelFound {
  const names = namesIn(path)
  if (names.includes(CTC_MANIFEST)) return { kind: 'ctc', folder: path }
  if (names.includes(QWEN3_MANIFEST)) return { kind: 'qwen3-converted', folder: path }
  if (names.includes('snapshots')) return inspectModel(snapshotIn(path))
  if (names.some((name) => WEIGHTS.includes(name))) return { kind: 'qwen3-snapshot', folder: path }
  if (isQwen3(path, names)) {
    if (names.includes('config.json') && names.some(isShard))
      throw invalid(`Expected ${WEIGHTS[1]} beside the shards in ${path}: the download is incomplete`)
    if (graphsIn(path).length > 0) return { kind: 'qwen3-graph', folder: path }
    throw invalid(
      `Expected ${WEIGHTS[0]}, a converted model (${QWEN3_MANIFEST}) or model.onnx in ${path}, got ${listOf(names)}`,
    )
  }
  if (names.includes('vocab.json')) return { kind: 'hugging-face-ctc', folder: path }
  throw invalid(
    `Expected ${CTC_MANIFEST} with model.onnx, a Hugging Face CTC export (vocab.json), or Qwen3-ForcedAligner ` +
      `(config.json with *.safetensors, or ${QWEN3_MANIFEST}) in ${path}, got ${listOf(names)}`,
  )
}

/** The graphs of a folder: public exports put them at the top or in onnx/. */
export function graphsIn(folder: string): string[] {
  return [folder, join(folder, 'onnx')].flatMap((directory) =>
    existsSync(directory)
      ? readdirSync(directory)
          .filter((name) => name.endsWith('.onnx'))
          .sort()
          .map((name) => join(directory, name))
      : [],
  )
}

/** Whether a folder is meant to be Qwen3-ForcedAligner, whole or not. */
function isQwen3(path: string, names: readonly string[]): boolean {
  if (names.some((name) => name.includes('.safetensors'))) return true
  return names.includes('config.json') && /qwen3/i.test(textOf(join(path, 'config.json')))
}

function isShard(name: string): boolean {
  return /^model-\d+-of-\d+\.safetensors$/.test(name)
}

/** The snapshot that refs/main names, or the only one. */
function snapshotIn(path: string): string {
  const main = textOf(join(path, 'refs', 'main')).trim()
  const snapshots = namesIn(join(path, 'snapshots'))
  const chosen = snapshots.find((name) => name === main) ?? snapshots[0]
  if (chosen && (snapshots.length === 1 || chosen === main)) return join(path, 'snapshots', chosen)
  throw invalid(
    `Expected one snapshot in ${path}/snapshots, got ${snapshots.length}: name one of them as model path`,
  )
}

const READ = 1024 * 1024 // bytes; the files that are looked into have a few kB

/** The beginning of a file; '' where there is none that can be read: whoever needs the file says so. */
function textOf(file: string): string {
  try {
    const opened = openSync(file, 'r')
    try {
      const bytes = Buffer.alloc(READ)
      return bytes.toString('utf8', 0, readSync(opened, bytes, 0, READ, 0))
    } finally {
      closeSync(opened)
    }
  } catch {
    return ''
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path).sort()
  } catch (cause) {
    throw invalid(whyNot(path, (cause as NodeJS.ErrnoException).code), cause)
  }
}

function whyNot(path: string, code: string | undefined): string {
  switch (code) {
    case 'ENOENT':
      return `Expected a model folder, there is nothing at this path (is it mounted?): ${path}`
    case 'ENOTDIR':
      return `Expected a model folder, got a file; its folder is ${dirname(path)}`
    case 'EACCES':
    case 'EPERM':
      return `Expected a readable model folder, permission is denied (chmod -R a+rX would grant it): ${path}`
    default:
      return `Expected a readable model folder, got ${code}: ${path}`
  }
}

function listOf(names: readonly string[]): string {
  return names.slice(0, 8).join(', ') || 'an empty folder'
}

function invalid(message: string, cause?: unknown): AlignError {
  return new AlignError('MODEL_INVALID', message, { cause })
}
