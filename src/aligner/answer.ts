import { lengthOf } from '../audio/length.ts'
import type { FetchAudioOptions, ParsedSource } from '../audio/source.ts'
import type { Caches } from '../cache/caches.ts'
import { keyOf } from '../cache/digest.ts'
import { VERSION } from '../config/version.ts'
import type { Material, WorkerSetup } from '../engine/tasks.ts'
import type { GuardedPool } from '../pool/guard.ts'
import type { Alignment, Heard, Progress, Structure } from '../types.ts'
import { type CoalescedHooks, createCoalesced } from './coalesce.ts'
import type { Queue, Ticket } from './queue.ts'
import { getRecording, type Recording } from './recording.ts'

/** Lyrics as given, a language code or "auto", and how lines are sung. */
export type Question = { lyrics: string; language: string; structure: Structure }

export type Request = {
  signal?: AbortSignal
  onProgress?: (progress: Progress) => void
  onFetched?: (bytes: number) => void
  force?: boolean
}

export type Answering = {
  pool: GuardedPool
  queue: Queue
  caches: Caches
  fetching: FetchAudioOptions
  maxAudioSeconds: number
  decode: WorkerSetup['decode']
}

/** The way of a request on the main thread: audio, a result that is known, or else a place and a thread. */
export function createAnswering({ pool, queue, caches, fetching, maxAudioSeconds, decode }: Answering) {
  const coalesced = createCoalesced<Alignment>()

  async function answer(source: ParsedSource, question: Question, request: Request): Promise<Alignment> {
    const { signal, onProgress = () => {}, onFetched, force = false } = request
    // What is to be fetched takes a place before, so that waiting recordings cannot fill the memory; what the caller holds
    // anyway needs one only where work has to be done.
    let ticket = isAtHand(source) ? undefined : queue.admit()
    try {
      onProgress({ stage: 'queued', fraction: 0 })
      onProgress({ stage: 'fetching', fraction: 0 })
      const options = { ...fetching, force, onFetched, ...(signal && { signal }) }
      const recording = await getRecording(source, caches, options)
      const key = resultKey(recording, question)
      const known = force ? undefined : await caches.results.get(key)
      if (isAllowed(known)) return known
      await pool.check(key)
      const coalescedKey = force ? `${key} anew` : key
      // Who joins others takes no place.
      if (coalesced.has(coalescedKey)) ticket?.leave()
      return await coalesced.join(coalescedKey, { signal, onProgress }, (whole) => {
        const own = ticket ?? queue.admit()
        ticket = undefined
        return align(recording, question, key, { ...whole, force, ticket: own })
      })
    } finally {
      ticket?.leave()
      onProgress({ stage: 'done', fraction: 1 })
    }
  }

  type Work = CoalescedHooks & { force: boolean; ticket: Ticket }

  async function align(
    recording: Recording,
    question: Question,
    key: string,
    work: Work,
  ): Promise<Alignment> {
    const { ticket, force, signal } = work
    try {
      const { bytes } = recording
      const seconds = Math.min(lengthOf(bytes, maxAudioSeconds) ?? maxAudioSeconds, maxAudioSeconds)
      await ticket.turn(seconds, signal, () => work.onProgress({ stage: 'queued', fraction: 0 }))
      let known: Heard | undefined
      const material = async (spoken: string): Promise<Material> => {
        // Asked only now: another request may have heard it while this one waited.
        const kept = force ? undefined : await caches.emissions.get(emissionKey(recording, spoken))
        known = isAllowed(kept) ? kept : undefined
        return { ...(needsAudio() && { bytes }), ...(known && { heard: known }) }
      }
      const needsAudio = () => !known || pool.model.engine === 'qwen3'
      const { alignment, heard } = await pool.run({ key, ...question, maxAudioSeconds, material }, work)
      if (heard) await caches.emissions.put(emissionKey(recording, alignment.language), heard)
      await caches.results.put(key, alignment)
      // Aligning what is known says nothing of how long songs take.
      ticket.leave(needsAudio() ? { audioSeconds: alignment.duration } : undefined)
      return alignment
    } finally {
      ticket.leave()
    }
  }

  /** What an aligner with another limit kept may be of a recording that this one refuses. */
  function isAllowed<T extends { duration: number }>(known: T | undefined): known is T {
    return known !== undefined && known.duration <= maxAudioSeconds
  }

  function resultKey({ hash }: Recording, { lyrics, language, structure }: Question): string {
    const { model, acoustic } = pool
    const question = [lyrics, language, structure, decode ?? 'official']
    return keyOf('performance', hash, ...question, model, acoustic.identity, VERSION)
  }

  /** The version is that of the decoders and of ONNX Runtime, too. */
  function emissionKey({ hash }: Recording, spoken: string): string {
    const { identity, languages } = pool.acoustic
    return keyOf('emissions', hash, identity, languages.includes(spoken) ? spoken : '', VERSION)
  }

  return answer
}

function isAtHand({ kind }: ParsedSource): boolean {
  return kind === 'bytes' || kind === 'blob'
}
