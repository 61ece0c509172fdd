import { createHash } from 'node:crypto'
import { lstat, readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AlignError } from '../errors.ts'
import { MANIFEST_FILE } from './converted.ts'

/**
 * What may be at MODEL_PATH: a folder we converted, a snapshot of Hugging Face, or a public export in one ONNX graph.
 */
export type ModelFolder = { kind: 'converted' | 'snapshot' | 'single-graph'; folder: string }

const WEIGHTS = ['model.safetensors', 'model.safetensors.index.json']

/**
 * Finds out what a folder holds. A cache folder of Hugging Face (`models--*`, with `snapshots/`) leads to its snapshot.
 * @throws AlignError MODEL_INVALID where it is none of them
 */
export async function inspectModelFolder(path: string): Promise<ModelFolder> {
  const names = await namesIn(path)
  if (names.includes(MANIFEST_FILE)) return { kind: 'converted', folder: path }
  if (names.includes('snapshots')) return inspectModelFolder(await snapshotIn(path))
  if (names.some((name) => WEIGHTS.includes(name))) return { kind: 'snapshot', folder: path }
  if (names.includes('config.json') && names.some(isShard)) {
    throw new AlignError(
      'MODEL_INVALID',
      `Expected ${WEIGHTS[1]} beside the shards in ${path}: the download is incomplete`,
    )
  }
  if ((await graphsIn(path)).length > 0) return { kind: 'single-graph', folder: path }
  const found = names.length > 0 ? names.slice(0, 8).join(', ') : 'an empty folder'
  throw new AlignError(
    'MODEL_INVALID',
    `Expected ${WEIGHTS[0]}, a converted model (${MANIFEST_FILE}) or model.onnx in ${path}, got ${found}`,
  )
}

function isShard(name: string): boolean {
  return /^model-\d+-of-\d+\.safetensors$/.test(name)
}

async function namesIn(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new AlignError('MODEL_INVALID', `${whyNot(code)}: ${path}`, { cause })
  }
}

function whyNot(code: string | undefined): string {
  switch (code) {
    case 'ENOENT':
      return 'Expected a model folder, there is nothing at this path (is it mounted?)'
    case 'ENOTDIR':
      return 'Expected a model folder, got a file'
    case 'EACCES':
    case 'EPERM':
      return 'Expected a readable model folder, permission is denied (chmod -R a+rX would grant it)'
    default:
      return `Expected a readable model folder, got ${code}`
  }
}

/** The snapshot that refs/main names, or the only one. */
async function snapshotIn(path: string): Promise<string> {
  const main = await readFile(join(path, 'refs', 'main'), 'utf8').catch(() => '')
  const snapshots = await namesIn(join(path, 'snapshots'))
  const chosen = snapshots.find((name) => name === main.trim()) ?? snapshots[0]
  if (chosen && (snapshots.length === 1 || chosen === main.trim())) return join(path, 'snapshots', chosen)
  throw new AlignError(
    'MODEL_INVALID',
    `Expected one snapshot in ${path}/snapshots, got ${snapshots.length}: name one of them as model path`,
  )
}

/** Public exports put the graph at the top or in onnx/. */
async function graphsIn(path: string): Promise<string[]> {
  const graphs: string[] = []
  for (const place of [path, join(path, 'onnx')]) {
    const names = await readdir(place).catch(() => [])
    graphs.push(...names.filter((name) => name.endsWith('.onnx')).map((name) => join(place, name)))
  }
  return graphs
}

/**
 * The graph of a public export: the only one, or model.onnx among several.
 * @throws AlignError MODEL_INVALID where it cannot be told which
 */
export async function findSingleGraph(path: string): Promise<string> {
  const graphs = await graphsIn(path)
  const chosen = graphs.length === 1 ? graphs[0] : graphs.find((graph) => basename(graph) === 'model.onnx')
  if (chosen) return chosen
  const found = graphs.map((graph) => basename(graph)).join(', ') || 'none'
  throw new AlignError('MODEL_INVALID', `Expected one graph or model.onnx in ${path}, got ${found}`)
}

/** Tells one export from another by the size and time of its graph: to read gigabytes would take too long. */
export async function stampOf(folder: string): Promise<string> {
  const { size, mtimeMs } = await stat(await findSingleGraph(folder))
  return createHash('sha256').update(`${size} ${mtimeMs}`).digest('hex').slice(0, 8)
}

/** Whether something is there, be it a link to nowhere. */
export async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined
}
