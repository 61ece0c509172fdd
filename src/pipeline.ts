import { readAudio } from './audio/read.ts'
import { alignUnits, shiftOnsets } from './ctc/align.ts'
import { listen } from './ctc/emissions.ts'
import { evidenceOf } from './ctc/evidence.ts'
import type { Engine } from './engine.ts'
import { assemble } from './lyrics/assemble.ts'
import { detectLanguage } from './lyrics/language.ts'
import { checkLyrics, parseLyrics } from './lyrics/parse.ts'
import { unitsOf } from './lyrics/units.ts'
import { type Assessment, assess } from './quality/assess.ts'
import type { RefinedSpan } from './qwen3/refine.ts'
import type { Alignment, Progress, Stage, Unit } from './types.ts'

/** One song: encoded audio and lyrics as given. `language` is a code or "auto". */
export type Track = { bytes: Uint8Array; lyrics: string; language: string; maxAudioSeconds: number }

export type TrackHooks = { isCancelled: () => boolean; onProgress: (progress: Progress) => void }

/** From bytes and text to times with a reason to trust them: the whole way, in one thread. */
export async function alignTrack(track: Track, engine: Engine, hooks: TrackHooks): Promise<Alignment> {
  const { acoustic, refiner, decode, model } = engine
  const { isCancelled } = hooks
  const { sampleRate, onsetShiftSeconds } = acoustic.description
  const report = (stage: Stage) => (fraction: number) => hooks.onProgress({ stage, fraction })

  const lines = parseLyrics(track.lyrics)
  checkLyrics(lines)
  const language = track.language === 'auto' ? detectLanguage(lines) : track.language
  const units = await unitsOf(lines, language)

  const pcm = await readAudio(track.bytes, {
    sampleRate,
    maxSeconds: track.maxAudioSeconds,
    isCancelled,
    onProgress: report('decoding'),
  })
  const duration = pcm.samples.length / sampleRate
  const emissions = await listen(acoustic, pcm, language, { isCancelled, onProgress: report('listening') })

  report('aligning')(0)
  const found = alignUnits(emissions, units)
  const evidence = evidenceOf(emissions, units, found)
  const anchors = shiftOnsets(found.spans, onsetShiftSeconds)
  const { voice: probability, hop } = emissions
  const refined = await refiner?.refine(pcm.samples, lines, units, anchors, {
    language,
    voice: probability && { probability, hop },
    decode,
    isCancelled,
    onProgress: report('refining'),
  })
  const assessed = assess(assemble(lines, units, refined ?? anchors, duration), evidence)
  return { duration, language, model, ...(refined ? withEngines(assessed, units, refined) : assessed) }
}

/** Says of every line which engine gave its time, and in the verdict how many Qwen3 could not give. */
function withEngines(
  { lines, verdict }: Assessment,
  units: readonly Unit[],
  refined: readonly (RefinedSpan | null)[],
): Assessment {
  const engines = new Map<number, RefinedSpan['source']>()
  units.forEach(({ line }, i) => {
    const source = refined[i]?.source
    if (source && engines.get(line) !== 'ctc') engines.set(line, source)
  })
  const marked = lines.map((line, index) => {
    const engine = engines.get(index)
    return engine ? { ...line, engine } : line
  })
  const kept = [...engines.values()].filter((engine) => engine === 'ctc').length
  if (kept === 0) return { lines: marked, verdict }
  const reason = `${kept} of ${verdict.sungLines} sung lines keep the acoustic model's time: Qwen3's answer failed its checks.`
  return { lines: marked, verdict: { ...verdict, reasons: [...verdict.reasons, reason] } }
}
