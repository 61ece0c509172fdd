/**
 * A file of a form. A Blob copies what it is made of, and copies it again for whoever asks; this one hands out its own
 * bytes, so that a recording lies in the memory once.
 */
export class Upload extends File {
  readonly #bytes: Uint8Array<ArrayBuffer>

  /** `bytes` fill their buffer, and belong to the upload from now on. */
  constructor(bytes: Uint8Array<ArrayBuffer>, name: string) {
    super([], name)
    this.#bytes = bytes
    Object.defineProperty(this, 'size', { value: bytes.length })
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.buffer
  }

  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#bytes
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(this.#bytes)
  }

  override stream(): ReturnType<File['stream']> {
    return new Blob([this.#bytes]).stream()
  }

  override slice(start?: number, end?: number, contentType?: string): Blob {
    return new Blob([this.#bytes]).slice(start, end, contentType)
  }
}
