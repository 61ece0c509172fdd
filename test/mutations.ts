/** Damaged files, the same for the same seed and number. */

/** A random number in [0, 1). */
type Random = () => number

/** mulberry32: small, and good enough to spread damage. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const upTo = (random: Random, past: number) => Math.floor(random() * past)

/** Headers and their tables are here in all the formats. */
const HEADER = 256

/** Lengths that parsers stumble over. */
const LENGTHS = [
  0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff0,
  0xffffffff,
]

type Mutate = (bytes: Uint8Array, random: Random, others: Uint8Array[]) => Uint8Array

const MUTATIONS: Record<string, Mutate> = {
  'flips bits': (bytes, random) => {
    for (let flips = 1 + upTo(random, 16); flips > 0; flips--) {
      bytes[upTo(random, bytes.length)]! ^= 1 << upTo(random, 8)
    }
    return bytes
  },
  'flips bits of the header': (bytes, random) => {
    for (let flips = 1 + upTo(random, 4); flips > 0; flips--) {
      bytes[upTo(random, Math.min(HEADER, bytes.length))]! ^= 1 << upTo(random, 8)
    }
    return bytes
  },
  'sets bytes of the header': (bytes, random) => {
    for (let count = 1 + upTo(random, 6); count > 0; count--) {
      bytes[upTo(random, Math.min(HEADER, bytes.length))] = [0, 1, 0x7f, 0x80, 0xff, upTo(random, 256)][
        upTo(random, 6)
      ]!
    }
    return bytes
  },
  'sets a length': (bytes, random) => {
    const offset = lengthOffset(bytes, random)
    const value = LENGTHS[upTo(random, LENGTHS.length)]!
    const width = [1, 2, 3, 4, 8][upTo(random, 5)]!
    const littleEndian = random() < 0.5
    for (let i = 0; i < width && offset + i < bytes.length; i++) {
      const shift = littleEndian ? i : width - 1 - i
      bytes[offset + i] = Math.floor(value / 2 ** (8 * shift)) & 0xff
    }
    return bytes
  },
  'cuts the end': (bytes, random) => bytes.slice(0, upTo(random, bytes.length)),
  'cuts within the header': (bytes, random) => bytes.slice(0, upTo(random, Math.min(HEADER, bytes.length))),
  'takes a piece out': (bytes, random) => {
    const [start, end] = pieceOf(bytes, random)
    return joined(bytes.subarray(0, start), bytes.subarray(end))
  },
  'repeats a piece': (bytes, random) => {
    const [start, end] = pieceOf(bytes, random)
    const times = 1 + upTo(random, 8)
    const piece = bytes.subarray(start, end)
    return joined(bytes.subarray(0, end), ...Array.from({ length: times }, () => piece), bytes.subarray(end))
  },
  'puts a piece of another file in': (bytes, random, others) => {
    const other = others[upTo(random, others.length)]!
    const [start, end] = pieceOf(other, random)
    const at = upTo(random, bytes.length)
    const replaced = random() < 0.5 ? end - start : 0
    return joined(bytes.subarray(0, at), other.subarray(start, end), bytes.subarray(at + replaced))
  },
  'goes on as another file': (bytes, random, others) => {
    const other = others[upTo(random, others.length)]!
    return joined(bytes.subarray(0, upTo(random, bytes.length)), other.subarray(upTo(random, other.length)))
  },
  'fills a piece': (bytes, random) => {
    const [start, end] = pieceOf(bytes, random)
    return bytes.fill([0, 0xff, upTo(random, 256)][upTo(random, 3)]!, start, end)
  },
}

const NAMES = Object.keys(MUTATIONS)

/** Damages a copy of a file in one to three ways; `did` says in which. */
export function mutate(
  bytes: Uint8Array,
  random: Random,
  others: Uint8Array[],
): { bytes: Uint8Array; did: string } {
  const names = Array.from({ length: 1 + upTo(random, 3) }, () => NAMES[upTo(random, NAMES.length)]!)
  const damaged = names.reduce<Uint8Array>(
    (each, name) => (each.length === 0 ? each : MUTATIONS[name]!(each, random, others)),
    new Uint8Array(bytes),
  )
  return { bytes: damaged, did: names.join(', ') }
}

/** In the header, or behind one of the four-letter tags of chunks, boxes and pages. */
function lengthOffset(bytes: Uint8Array, random: Random): number {
  const header = upTo(random, Math.min(HEADER, bytes.length))
  if (random() < 0.5) return header
  const from = upTo(random, bytes.length)
  for (let at = from; at + 8 < Math.min(bytes.length, from + 4096); at++) {
    const isTag = [0, 1, 2, 3].every((i) => /[A-Za-z ]/.test(String.fromCharCode(bytes[at + i]!)))
    if (isTag) return random() < 0.5 ? at + 4 : Math.max(0, at - 4)
  }
  return header
}

function pieceOf(bytes: Uint8Array, random: Random): [start: number, end: number] {
  const start = upTo(random, bytes.length)
  return [start, Math.min(bytes.length, start + 1 + upTo(random, random() < 0.5 ? 64 : 8192))]
}

function joined(...pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(pieces))
}
