import { tagAt, viewOf } from './iff.ts'

const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl'])
const BOX_HEADER = 8
const LONG_HEADER = 16

/** A file of more is no recording: empty ones by the million would only take time. */
const MAX_BOXES = 10_000

/** Frames of the longest track of an MP4 file, by its tables; 0 where it is none. ISO/IEC 14496-12, 8.7.3. */
export function mp4FrameCount(bytes: Uint8Array): number {
  if (tagAt(bytes, 4) !== 'ftyp') return 0
  let most = 0
  for (const { type, start, end } of boxesOf(bytes)) {
    // version and flags, size of each sample, then their count
    if (type === 'stsz' && start + 12 <= end) most = Math.max(most, viewOf(bytes).getUint32(start + 8))
  }
  return most
}

/** Length of an MP4 file, seconds, by its movie header; undefined where it has none. ISO/IEC 14496-12, 8.2.2. */
export function mp4Seconds(bytes: Uint8Array): number | undefined {
  for (const { type, start, end } of boxesOf(bytes)) {
    if (type !== 'mvhd' || start + 32 > end) continue
    const view = viewOf(bytes)
    // version 1 has times of 64 bits
    if (bytes[start] === 1) return Number(view.getBigUint64(start + 24)) / view.getUint32(start + 20)
    return view.getUint32(start + 16) / view.getUint32(start + 12)
  }
  return undefined
}

type Box = { type: string; start: number; end: number }

/** Every box, those in boxes included, in the order of the file. */
function* boxesOf(bytes: Uint8Array): Generator<Box> {
  // Where the boxes around the present position end, the innermost last: not by recursion, for files may nest without end.
  const ends = [bytes.length]
  let offset = 0
  let count = 0
  while (ends.length > 0 && count < MAX_BOXES) {
    const past = ends.at(-1)!
    const { header, size } = sizeAt(bytes, offset, past)
    if (size < header) {
      offset = past
      ends.pop()
      continue
    }
    const box = { type: tagAt(bytes, offset + 4), start: offset + header, end: Math.min(past, offset + size) }
    yield box
    count++
    const isContainer = CONTAINERS.has(box.type)
    if (isContainer) ends.push(box.end)
    offset = isContainer ? box.start : box.end
  }
}

/** A size of 0 means to the end, 1 that a 64-bit size follows; there is no box where it is less than its header. */
function sizeAt(bytes: Uint8Array, offset: number, past: number): { header: number; size: number } {
  if (offset + BOX_HEADER > past) return { header: BOX_HEADER, size: 0 }
  const view = viewOf(bytes)
  const size = view.getUint32(offset)
  if (size === 0) return { header: BOX_HEADER, size: past - offset }
  if (size !== 1) return { header: BOX_HEADER, size }
  if (offset + LONG_HEADER > past) return { header: LONG_HEADER, size: 0 }
  return { header: LONG_HEADER, size: Number(view.getBigUint64(offset + 8)) }
}
