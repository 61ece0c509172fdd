import { decoders } from 'audio-decode'

/** What one piece of a file gave. */
export type Decoded = { channelData: Float32Array[]; sampleRate: number; errors: { message: string }[] }

/** A decoder that takes a file piece by piece. It belongs to whoever took it, who frees it. */
export type StreamDecoder = {
  ready: Promise<void>
  decode(bytes: Uint8Array): Decoded | Promise<Decoded>
  /** Gives what is still held back. */
  flush?(): Promise<Decoded>
  free(): void
}

export type DecoderName = 'mp3' | 'flac' | 'oga' | 'opus'

type Loader = ((bytes?: Uint8Array) => Promise<unknown>) & { decoder?: StreamDecoder | undefined }

let taking: Promise<unknown> = Promise.resolve()

/**
 * A fresh decoder of audio-decode. Its own interface decodes whole files, which for hostile ones is gigabytes; called
 * without bytes it readies a decoder and keeps it on the function, where we take it off. One after the other, since
 * that place is shared by the thread.
 */
export function takeDecoder(name: DecoderName): Promise<StreamDecoder> {
  const taken = taking.then(() => takeNow(decoders[name] as Loader, name))
  taking = taken.catch(() => undefined)
  return taken
}

async function takeNow(load: Loader, name: DecoderName): Promise<StreamDecoder> {
  await load()
  const { decoder } = load
  load.decoder = undefined
  if (!decoder) throw new Error(`Expected audio-decode to ready its ${name} decoder, got none`)
  return decoder
}
