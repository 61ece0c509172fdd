import { tagAt, viewOf } from './iff.ts'
import type { MpegFrame } from './mpeg-frames.ts'

/** The parts of a frame of layer III, bytes from its start: ISO/IEC 11172-3, 2.4.1. */
type Layout = { side: number; main: number }

/** `reservoir` is how many bytes before its own the frame needs of the frames before it. */
export function reservoirOf(
  frame: Uint8Array,
  { layer, mpeg1 }: MpegFrame,
): { needs: number; gives: number } {
  if (layer !== 3) return { needs: 0, gives: 0 }
  const { side, main } = layoutOf(frame, mpeg1)
  const needs = mpeg1 ? (frame[side]! << 1) | (frame[side + 1]! >> 7) : frame[side]!
  return { needs, gives: Math.max(0, frame.length - main) }
}

/** A copy that is silent, for a frame whose beginning was lost; what it holds for later frames stays. */
export function muted(frame: Uint8Array, { mpeg1 }: MpegFrame): Uint8Array {
  const copy = new Uint8Array(frame)
  const { side, main } = layoutOf(frame, mpeg1)
  copy.fill(0, side, main)
  return copy
}

function layoutOf(frame: Uint8Array, mpeg1: boolean): Layout {
  const mono = frame[3]! >> 6 === 3
  const side = frame[1]! & 1 ? 4 : 6 // a checksum of two bytes where the bit is 0
  const length = mpeg1 ? (mono ? 17 : 32) : mono ? 9 : 17
  return { side, main: Math.min(frame.length, side + length) }
}

/** What the first frame tells of the whole stream, where it is one that is not to be heard (Xing or Info, VBRI). */
export type StreamTag = {
  /** Frames behind it; undefined where it does not say. */
  frames: number | undefined
  /** Samples that the encoder put before and behind the sound; undefined where it does not say. */
  delay: number | undefined
  padding: number | undefined
}

const VBRI_AT = 36

/** Samples by which every decoder of layer III is late. */
export const DECODER_DELAY = 529

export function streamTagOf(frame: Uint8Array, { layer, mpeg1 }: MpegFrame): StreamTag | undefined {
  if (layer !== 3) return undefined
  const view = viewOf(frame)
  if (tagAt(frame, VBRI_AT) === 'VBRI' && VBRI_AT + 18 <= frame.length) {
    return { frames: view.getUint32(VBRI_AT + 14), delay: undefined, padding: undefined }
  }
  // Encoders count it from a header without a checksum.
  const at = 4 + (layoutOf(frame, mpeg1).main - layoutOf(frame, mpeg1).side)
  if (!['Xing', 'Info'].includes(tagAt(frame, at)) || at + 8 > frame.length) return undefined
  const flags = view.getUint32(at + 4)
  const frames = flags & 1 && at + 12 <= frame.length ? view.getUint32(at + 8) : undefined
  const encoder =
    at + 8 + (flags & 1 ? 4 : 0) + (flags & 2 ? 4 : 0) + (flags & 4 ? 100 : 0) + (flags & 8 ? 4 : 0)
  if (!/^(LAME|Lavf|Lavc|GOGO)/.test(tagAt(frame, encoder)) || encoder + 24 > frame.length) {
    return { frames, delay: undefined, padding: undefined }
  }
  // Two numbers of twelve bits, 21 bytes behind the name.
  const packed = view.getUint32(encoder + 20) & 0xffffff
  return { frames, delay: packed >>> 12, padding: packed & 0xfff }
}
