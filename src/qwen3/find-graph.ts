import { createHash } from 'node:crypto'
import { lstat, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { graphsIn } from '../disk/inspect-model.ts'
import { AlignError } from '../errors.ts'

/**
 * The graph of a public export: the only one, or model.onnx among several.
 * @throws AlignError MODEL_INVALID where it cannot be told which
 */
export function findSingleGraph(path: string): string {
  const graphs = graphsIn(path)
  const chosen = graphs.length === 1 ? graphs[0] : graphs.find((graph) => basename(graph) === 'model.onnx')
  if (chosen) return chosen
  const found = graphs.map((graph) => basename(graph)).join(', ') || 'none'
  throw new AlignError('MODEL_INVALID', `Expected one graph or model.onnx in ${path}, got ${found}`)
}

/** Tells one export from another by the size and time of its graph: to read gigabytes would take too long. */
export async function stampOf(folder: string): Promise<string> {
  const { size, mtimeMs } = await stat(findSingleGraph(folder))
  return createHash('sha256').update(`${size} ${mtimeMs}`).digest('hex').slice(0, 8)
}

/** Whether something is there, be it a link to nowhere. */
export async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined
}
