import { AlignError } from '../errors.ts'
import { oggCrc } from './crc.ts'
import { tagAt, viewOf } from './iff.ts'

/** A page of an Ogg file: RFC 3533, 6. */
export type OggPage = {
  /** Begins with the rest of a packet of the page before. */
  continued: boolean
  first: boolean
  last: boolean
  /** Where the last packet that ends on it ends, in the codec's own count; undefined where none ends on it. */
  granule: number | undefined
  serial: number
  sequence: number
  /** Its packets, or pieces of them, in order. */
  pieces: Uint8Array[]
  /** Whether its last piece goes on on the next page. */
  open: boolean
  /** Whether its checksum holds. */
  whole: boolean
  /** Bytes between the page before and this one that are no page. */
  skipped: number
  /** Where it ends in the file. */
  end: number
}

const HEADER = 27

/** Checking what only looks like pages may cost so many bytes more than the file has. */
const SPARE_CHECKS = 64 * 1024 * 1024

/**
 * The pages of an Ogg file. What is no page is passed over; a page whose checksum fails comes where the next one follows
 * it, as its shape may still be right.
 */
export function* oggPages(bytes: Uint8Array): Generator<OggPage> {
  let past = 0
  let checked = 0
  for (let offset = 0; offset + HEADER <= bytes.length; ) {
    const size = pageSize(bytes, offset)
    if (size === undefined) {
      offset++
      continue
    }
    checked += size
    if (checked > bytes.length + SPARE_CHECKS) {
      throw new AlignError(
        'AUDIO_UNREADABLE',
        'Expected Ogg pages with checksums that hold, got too many others',
      )
    }
    const page = bytes.subarray(offset, offset + size)
    const whole = oggCrc(page) === viewOf(page).getUint32(22, true)
    const end = offset + size
    if (!whole && end < bytes.length && tagAt(bytes, end) !== 'OggS') {
      offset++
      continue
    }
    yield { ...pageOf(page), whole, skipped: offset - past, end }
    past = offset = end
  }
}

/** Bytes of the page at `offset`, where there is one and the file holds all of it. */
function pageSize(bytes: Uint8Array, offset: number): number | undefined {
  if (bytes[offset] !== 0x4f || tagAt(bytes, offset) !== 'OggS' || bytes[offset + 4] !== 0) return undefined
  const segments = bytes[offset + 26]!
  let size = HEADER + segments
  for (let i = 0; i < segments; i++) size += bytes[offset + HEADER + i] ?? 0
  return offset + size <= bytes.length ? size : undefined
}

function pageOf(page: Uint8Array): Omit<OggPage, 'whole' | 'skipped' | 'end'> {
  const view = viewOf(page)
  const segments = page[26]!
  const pieces: Uint8Array[] = []
  let start = HEADER + segments
  let end = start
  for (let i = 0; i < segments; i++) {
    const length = page[HEADER + i]!
    end += length
    if (length === 255) continue
    pieces.push(page.subarray(start, end))
    start = end
  }
  const open = segments > 0 && page[HEADER + segments - 1] === 255
  if (open) pieces.push(page.subarray(start, end))
  const granule = view.getBigInt64(6, true)
  const flags = page[5]!
  return {
    continued: (flags & 1) !== 0,
    first: (flags & 2) !== 0,
    last: (flags & 4) !== 0,
    granule: granule === -1n ? undefined : Number(granule),
    serial: view.getUint32(14, true),
    sequence: view.getUint32(18, true),
    pieces,
    open,
  }
}

/** A packet of more is none of a recording, bytes. */
const LONGEST_PACKET = 16 * 1024 * 1024

/** Puts the packets of one stream together from its pages. */
export function createPackets(): (page: OggPage, lost: boolean) => Uint8Array[] {
  let held: Uint8Array[] = []
  let size = 0
  return ({ pieces, continued, open }, lost) => {
    if (lost || !continued) held = []
    if (held.length === 0) size = 0
    const packets: Uint8Array[] = []
    pieces.forEach((piece, i) => {
      // The rest of a packet whose beginning is lost.
      if (i === 0 && continued && held.length === 0) return
      held.push(piece)
      size += piece.length
      if (open && i === pieces.length - 1) return
      packets.push(held.length === 1 ? piece : new Uint8Array(Buffer.concat(held)))
      held = []
      size = 0
    })
    if (size > LONGEST_PACKET) {
      throw new AlignError(
        'AUDIO_UNREADABLE',
        `Expected Ogg packets of at most ${LONGEST_PACKET} bytes, got a longer one`,
      )
    }
    return packets
  }
}
