import { tagAt, viewOf } from './iff.ts'
import { type MpegFrame, mpegFrameAt } from './mpeg-frames.ts'

/** A frame where it is in the file, or how many frames are lost there. */
export type MpegPart = (MpegFrame & { start: number }) | { lost: number; start: number }

/** How far another frame of the stream is searched behind damage; what is further is another recording or none, bytes. */
const MAX_SEARCH = 4 * 1024 * 1024

/** Tags between or behind frames: by their first letters, and how long they are. */
const TAGS: [string, (bytes: Uint8Array, at: number) => number][] = [
  ['TAG', () => 128],
  ['ID3', (bytes, at) => 10 + [6, 7, 8, 9].reduce((size, i) => size * 128 + (bytes[at + i]! & 127), 0)],
  // APEv2, whose header and footer are alike: what follows it is 32 bytes of footer at least.
  ['APE', (bytes, at) => 32 + (at + 16 <= bytes.length ? viewOf(bytes).getUint32(at + 12, true) : 0)],
  ['LYR', (bytes, at) => bytes.length - at],
]

/**
 * The frames of an MPEG stream whose first frame is at `start`, in order. A header counts where the next one, of the same
 * version, layer and rate, follows it; what looks like one in the middle of something else is passed over. Where frames
 * are lost, their number is told by the bytes: exact where the bit rate is constant.
 */
export function mpegParts(bytes: Uint8Array, start: number): MpegPart[] {
  const parts: MpegPart[] = []
  const first = mpegFrameAt(bytes, start)
  if (!first) return parts
  const fits = (at: number) => {
    const frame = mpegFrameAt(bytes, at)
    return frame?.fingerprint === first.fingerprint ? frame : undefined
  }
  let total = 0
  let count = 0
  for (let at = start; at + 4 <= bytes.length; ) {
    const frame = fits(at)
    const next = frame ? at + frame.length : at
    if (
      frame &&
      (fits(next) || next + 4 > bytes.length || tagLength(bytes, next) > 0) &&
      next <= bytes.length
    ) {
      parts.push({ ...frame, start: at })
      total += frame.length
      count++
      at = next
      continue
    }
    const tag = tagLength(bytes, at)
    if (tag > 0) {
      at += tag
      continue
    }
    const found = searchFrame(bytes, at + 1, fits)
    const last = parts.at(-1)
    // A frame as long as the one before is whole, though the header behind it is not.
    const isWhole =
      frame && last && 'length' in last && Math.abs(frame.length - last.length) <= 1 && next <= found
    if (isWhole) parts.push({ ...frame, start: at })
    const lost = (found - (isWhole ? next : at)) / (count > 0 ? total / count : first.length)
    if (Math.round(lost) > 0) parts.push({ lost: Math.round(lost), start: isWhole ? next : at })
    at = found
  }
  return parts
}

/** Where the next frame is that another one follows; the end of the file where there is none. */
function searchFrame(bytes: Uint8Array, from: number, fits: (at: number) => MpegFrame | undefined): number {
  const past = Math.min(bytes.length - 4, from + MAX_SEARCH)
  for (let at = from; at <= past; at++) {
    if (bytes[at] !== 0xff) continue
    const frame = fits(at)
    if (frame && fits(at + frame.length)) return at
  }
  return bytes.length
}

function tagLength(bytes: Uint8Array, at: number): number {
  const found = TAGS.find(([name]) => tagAt(bytes, at).startsWith(name))
  return found ? Math.max(1, found[1](bytes, at)) : 0
}
