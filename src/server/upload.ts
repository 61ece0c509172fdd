/** Bytes that a stream hands out at a time. */
const STREAM_PIECE = 64 * 1024

/**
 * A file of a form. A Blob copies what it is made of, and copies it again for whoever asks; this one hands out its own
 * bytes, and slices are views of them, so that a recording lies in the memory once.
 */
export class Upload extends File {
  readonly #bytes: Uint8Array<ArrayBuffer>

  /** `bytes` belong to the upload from now on. */
  constructor(bytes: Uint8Array<ArrayBuffer>, name: string, type = '') {
    super([], name, { type })
    this.#bytes = bytes
    Object.defineProperty(this, 'size', { value: bytes.length })
  }

  /** Of a whole upload its own buffer; of a slice, which is a part of it, a copy of that part. */
  override async arrayBuffer(): Promise<ArrayBuffer> {
    const { buffer, byteLength } = this.#bytes
    return byteLength === buffer.byteLength ? buffer : this.#bytes.slice().buffer
  }

  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#bytes
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(this.#bytes)
  }

  override stream(): ReturnType<File['stream']> {
    const bytes = this.#bytes
    let offset = 0
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (offset >= bytes.length) return controller.close()
        // Copies: whoever reads may transfer a piece, which would take the whole upload along.
        controller.enqueue(bytes.slice(offset, offset + STREAM_PIECE))
        offset += STREAM_PIECE
      },
    })
  }

  override slice(start?: number, end?: number, contentType?: string): Blob {
    // Negative numbers count from the end, in subarray as in a Blob.
    return new Upload(this.#bytes.subarray(start, end), this.name, contentType)
  }
}
