import { AlignError } from '../errors.ts'
import { decodeFlac } from './flac.ts'
import { tagAt } from './iff.ts'
import { type OggCodec, openCodec } from './ogg-codecs.ts'
import { createPackets, type OggPage, oggPages } from './ogg-pages.ts'
import type { PcmChunk } from './pcm.ts'
import { createTimeline, type Timeline } from './timeline.ts'

/** Pages that are all there may differ from their count by so much, seconds: some writers round it. */
const TOLERANCE = 0.02

/** The least that is said to be lost where a file ends within a page, seconds. */
const LEAST_LOST = 0.02

/**
 * Decodes Ogg holding Vorbis, Opus or FLAC: the links of a chained file one behind the other, each at its own rate, the
 * first sound of each. Pages are placed by their own count of samples, so that lost ones leave silence of their length.
 */
export async function* decodeOgg(bytes: Uint8Array, maxSeconds: number): AsyncGenerator<PcmChunk> {
  let found = false
  for (const pages of linksOf(bytes)) {
    found = true
    if (tagAt(pages.first.pieces[0]!, 1) === 'FLAC') {
      yield* decodeFlac(nativeFlac(pages), maxSeconds)
    } else yield* decodeLink(pages, bytes.length)
  }
  if (!found)
    throw new AlignError('AUDIO_UNREADABLE', 'Expected an Ogg file with a sound, got none that is whole')
}

/** The pages of one stream of sound, its first one apart, in the order of the file. */
type Pages = { first: OggPage; rest: Generator<OggPage & { lost: boolean }>; left(): number }

/** The first stream of sound of each link. A link is what is between beginnings of streams that other pages part. */
function* linksOf(bytes: Uint8Array): Generator<Pages> {
  const pages = oggPages(bytes)
  let next: OggPage | undefined
  let past = 0
  const take = (): OggPage | undefined => {
    const { value, done } = pages.next()
    if (done) return undefined
    past = value.end
    return value
  }

  function* restOf({ serial, sequence }: OggPage): Generator<OggPage & { lost: boolean }> {
    let expected = sequence + 1
    let beginnings = true
    let lost = false
    for (let page = take(); page; page = take()) {
      // Of a damaged page the flags say nothing.
      if (page.first && page.whole && !beginnings) {
        next = page
        return
      }
      beginnings &&= page.first
      lost ||= page.skipped > 0
      if (page.serial !== serial || page.first) continue
      // A page that is damaged counts for its headers alone: whoever reads them must take what there is.
      yield { ...page, lost: lost || page.sequence !== expected }
      expected = page.sequence + 1
      lost = false
    }
  }

  for (let page = take(); page; page = next ?? take()) {
    next = undefined
    if (!page.first || !isSound(page.pieces[0])) continue
    const rest = restOf(page)
    yield { first: page, rest, left: () => bytes.length - past }
    for (const _ of rest); // to where the next link begins
  }
}

function isSound(packet: Uint8Array | undefined): boolean {
  const name = packet ? String.fromCharCode(...packet.subarray(0, 8)) : ''
  return name === 'OpusHead' || name.startsWith('\x01vorbis') || name.startsWith('\x7fFLAC')
}

async function* decodeLink({ first, rest, left }: Pages, size: number): AsyncGenerator<PcmChunk> {
  const packetsOf = createPackets()
  const headers = packetsOf(first, false)
  let codec: OggCodec | undefined
  let timeline: Timeline | undefined
  let placing: ReturnType<typeof createPlacing> | undefined
  let last: OggPage | undefined
  let lost = false
  try {
    for (const page of rest) {
      lost ||= page.lost
      if (!page.whole && codec) {
        lost = true
        continue
      }
      const packets = packetsOf(page, lost && codec !== undefined)
      while (!codec && packets.length > 0) {
        headers.push(packets.shift()!)
        codec = await openCodec(headers)
      }
      if (!codec) continue
      timeline ??= createTimeline(codec.sampleRate)
      placing ??= createPlacing(codec, timeline)
      yield* placing(page, await codec.decode(packets), { lost, read: page.end / size })
      // Until a packet ends there is nothing to place, and what was lost before still is.
      if (page.granule !== undefined) lost = false
      last = page
    }
    if (!timeline || !codec) return
    if (!last?.last && (left() > 0 || lost))
      yield* timeline.silence(lostAtEnd(timeline, left(), size, codec), 1)
    yield* timeline.end()
  } finally {
    codec?.free()
  }
}

/** Of a page that is cut, what it held is taken to be as dense as what was there before. */
function lostAtEnd(timeline: Timeline, left: number, size: number, { sampleRate }: OggCodec): number {
  const estimate = (timeline.position() * left) / Math.max(1, size - left)
  return Math.round(Math.max(LEAST_LOST * sampleRate, Math.min(estimate, 2 * sampleRate)))
}

type Sounds = (Float32Array[] | { lost: number })[]

/** Places the pages of a stream on its timeline. */
function createPlacing({ sampleRate, preSkip }: OggCodec, timeline: Timeline) {
  /** The count at time 0. */
  let origin: number | undefined
  /** Samples of packets that ended on no page with a count. */
  let held: Sounds = []

  return function* (
    page: OggPage,
    sounds: Sounds,
    { lost, read }: { lost: boolean; read: number },
  ): Generator<PcmChunk> {
    held.push(...sounds)
    if (page.granule === undefined) return
    const samples = held.reduce((sum, sound) => sum + samplesOf(sound), 0)
    const start = page.granule - samples
    // The first page may begin before 0, which is then cut off, or later, in a recording of a broadcast.
    origin ??= preSkip + (lost ? 0 : page.last ? 0 : Math.max(0, start))
    let skip = 0
    let at = start - origin
    const gap = at - timeline.position()
    if (timeline.position() === 0 && !lost) skip = page.last ? preSkip : Math.max(0, -at)
    else if (gap < 0 && lost && -gap <= samples) skip = -gap
    else if (lost || gap > TOLERANCE * sampleRate) {
      if (gap > 0) yield* timeline.silence(gap, read)
      // A count that goes back far is that of another stream under the same number.
      else if (gap < 0) origin += gap
    }
    at = timeline.position()
    const most = page.last ? Math.max(0, page.granule - origin - at) : Number.POSITIVE_INFINITY
    yield* positioned(held, skip, most, read)
    held = []
  }

  /** Puts down sounds without the first `skip` samples, and no more than `most`. */
  function* positioned(sounds: Sounds, skip: number, most: number, read: number): Generator<PcmChunk> {
    let [before, left] = [skip, most]
    for (const sound of sounds) {
      const length = samplesOf(sound)
      const from = Math.min(before, length)
      const to = Math.min(length, from + left)
      before -= from
      left -= to - from
      if (to <= from) continue
      if ('lost' in sound) yield* timeline.silence(to - from, read)
      else
        yield* timeline.sound(
          sound.map((channel) => channel.subarray(from, to)),
          read,
        )
    }
  }
}

function samplesOf(sound: Float32Array[] | { lost: number }): number {
  return 'lost' in sound ? sound.lost : (sound[0]?.length ?? 0)
}

/** The FLAC file that an Ogg stream wraps: its packets one behind the other, without the nine bytes before the first. */
function nativeFlac({ first, rest }: Pages): Uint8Array {
  const packetsOf = createPackets()
  const packets = packetsOf(first, false).map((packet) => packet.subarray(9))
  for (const page of rest) if (page.whole) packets.push(...packetsOf(page, page.lost))
  return new Uint8Array(Buffer.concat(packets))
}
