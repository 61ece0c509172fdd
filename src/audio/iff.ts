/** A chunk of an IFF (AIFF) file: `size` as declared, `end` where it or the file ends. */
export type Chunk = { id: string; start: number; end: number; size: number }

const CHUNK_HEADER = 8
const FORM_HEADER = 12

/** A file of more is no recording: empty ones by the million would only take time. */
const MAX_CHUNKS = 10_000

/** Big- or little-endian view of the bytes, whatever part of their buffer they are. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The four characters at `offset`; fewer where the bytes end. */
export function tagAt(bytes: Uint8Array, offset: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + 4))
}

/** Walks the chunks of an IFF file. Chunks are padded to even lengths; the last one may be cut short. */
export function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = viewOf(bytes)
  let offset = FORM_HEADER
  for (let count = 0; count < MAX_CHUNKS && offset + CHUNK_HEADER <= bytes.length; count++) {
    const size = view.getUint32(offset + 4)
    const start = offset + CHUNK_HEADER
    yield { id: tagAt(bytes, offset), start, end: Math.min(start + size, bytes.length), size }
    offset = start + size + (size % 2)
  }
}
