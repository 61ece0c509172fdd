import { type FileHandle, open } from 'node:fs/promises'
import { toFloat32 } from './convert/floats.ts'
import { BYTES_PER_ELEMENT, type ElementType } from './convert/safetensors.ts'

/** Rows of the embedding table, read from the file as they are needed. */
export type Embeddings = {
  /** Writes the rows of `ids` one behind the other into `into`, from row `first` on. */
  lookUp(ids: readonly number[], into: Float32Array, first: number): Promise<void>
  close(): Promise<void>
}

const KEPT_ROWS = 4096 // 16 MB at a width of 1024

/** Opens a table of rows of `width` elements. */
export async function openEmbeddings(path: string, width: number, dtype: ElementType): Promise<Embeddings> {
  const handle = await open(path)
  const rowBytes = width * BYTES_PER_ELEMENT[dtype]
  const rows = new Map<number, Float32Array>()
  const rowOf = async (id: number) => {
    const known = rows.get(id)
    if (known) return known
    const row = toFloat32(await readRow(handle, id, rowBytes), dtype)
    if (rows.size >= KEPT_ROWS) rows.clear()
    rows.set(id, row)
    return row
  }
  return {
    lookUp: async (ids, into, first) => {
      for (const [i, id] of ids.entries()) into.set(await rowOf(id), (first + i) * width)
    },
    close: () => handle.close(),
  }
}

async function readRow(handle: FileHandle, id: number, rowBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(rowBytes)
  const { bytesRead } = await handle.read(bytes, 0, rowBytes, id * rowBytes)
  if (bytesRead !== rowBytes) {
    throw new RangeError(`Expected a row of ${rowBytes} bytes for token ${id}, got ${bytesRead}`)
  }
  return bytes
}
