import { open } from 'node:fs/promises'

const MOST_BYTES = 16 * 1024 * 1024 // the index of a model of many shards has some hundred kB

/**
 * Reads a text file that belongs beside weights: what is much larger is something else, and is not read.
 * @throws RangeError where it is too large, and the error of the file system
 */
export async function readSmallText(path: string): Promise<string> {
  const handle = await open(path)
  try {
    const { size } = await handle.stat()
    if (size > MOST_BYTES) throw new RangeError(`Expected at most ${MOST_BYTES} bytes, got ${size}`)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}
