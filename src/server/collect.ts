// Bytes; the first blocks are smaller, so that a field of a few words takes little.
const FIRST_BLOCK = 4096
const LARGEST_BLOCK = 1024 * 1024

/** Gathers bytes that come in pieces. */
export type Collector = {
  /** @throws what `tooMuch` gives when there would be more than the limit */
  write(bytes: Uint8Array): void
  /** All of them, in a buffer of their own; the collector is empty after it. */
  take(): Uint8Array<ArrayBuffer>
}

/**
 * Pieces are copied into blocks: kept as they are, a body that comes in crumbs would take a hundred times its size. At
 * most twice the bytes are held, while the blocks are joined.
 */
export function createCollector(limit: number, tooMuch: () => Error): Collector {
  let blocks: Uint8Array[] = []
  let free = new Uint8Array(0)
  let size = 0

  return {
    write(bytes) {
      if (size + bytes.length > limit) throw tooMuch()
      size += bytes.length
      for (let rest = bytes; rest.length > 0; ) {
        if (free.length === 0) {
          free = new Uint8Array(Math.min(LARGEST_BLOCK, Math.max(FIRST_BLOCK, size)))
          blocks.push(free)
        }
        const fitting = rest.subarray(0, free.length)
        free.set(fitting)
        free = free.subarray(fitting.length)
        rest = rest.subarray(fitting.length)
      }
    },
    take() {
      const all = new Uint8Array(size)
      let at = 0
      for (const block of blocks) {
        const used = block.subarray(0, size - at)
        all.set(used, at)
        at += used.length
      }
      blocks = []
      free = new Uint8Array(0)
      size = 0
      return all
    },
  }
}
