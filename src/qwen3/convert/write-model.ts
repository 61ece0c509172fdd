import { type FileHandle, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExternalWeight, GraphBuilder } from './graph.ts'
import { encodeModel } from './onnx-proto.ts'

const PAGE = 4096 // so that a large weight can be mapped on its own

/** Where every weight of a graph goes in its data file, and how large the file becomes, bytes. */
export type Offsets = { of: ReadonlyMap<ExternalWeight, number>; bytes: number }

/** Lays the weights out one behind the other, each on a page of its own. */
export function layOutWeights({ weights }: GraphBuilder): Offsets {
  const of = new Map<ExternalWeight, number>()
  let bytes = 0
  for (const weight of weights) {
    of.set(weight, bytes)
    bytes = Math.ceil((bytes + weight.bytes) / PAGE) * PAGE
  }
  return { of, bytes }
}

/**
 * Writes `{name}.onnx` and `{name}.data` into `folder`. One weight is in memory at a time.
 * @param onWritten told of every weight's bytes as it is written
 */
export async function writeGraph(
  graph: GraphBuilder,
  folder: string,
  name: string,
  onWritten: (bytes: number) => void,
): Promise<void> {
  const offsets = layOutWeights(graph)
  const dataFile = `${name}.data`
  await writeSynced(join(folder, dataFile), async (handle) => {
    await handle.truncate(offsets.bytes)
    for (const [weight, offset] of offsets.of) {
      const data = await weight.make()
      if (data.byteLength !== weight.bytes) {
        throw new RangeError(`Expected ${weight.bytes} bytes for ${weight.name}, got ${data.byteLength}`)
      }
      await handle.write(data, 0, data.byteLength, offset)
      onWritten(data.byteLength)
    }
  })
  const model = encodeModel(graph.toModel(name, dataFile, (weight) => offsets.of.get(weight)!))
  await writeSynced(join(folder, `${name}.onnx`), (handle) => writeFile(handle, model))
}

/** Writes a new file and has it on the disk before it returns. */
export async function writeSynced(path: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(path, 'wx')
  try {
    await write(handle)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
