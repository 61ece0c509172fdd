import { type Recording, readAudio } from '../audio/read.ts'
import { alignUnits, shiftOnsets } from '../ctc/align.ts'
import { listen } from '../ctc/emissions.ts'
import { evidenceOf } from '../ctc/evidence.ts'
import { AlignError } from '../errors.ts'
import { assemble } from '../lyrics/assemble.ts'
import { detectLanguage } from '../lyrics/language.ts'
import { checkLyrics, parseLyrics } from '../lyrics/parse.ts'
import { unitsOf } from '../lyrics/units.ts'
import { type Assessment, assess } from '../quality/assess.ts'
import { withDamage } from '../quality/damage.ts'
import type { RefinedSpan } from '../qwen3/refine.ts'
import type { Emissions, Heard, Progress, Stage, Unit } from '../types.ts'
import type { Engine } from './load.ts'
import type { Aligned, AlignTask } from './tasks.ts'

/** One song: encoded audio, or what was heard of it before, and lyrics as given. `language` is a code or "auto". */
export type Track = Pick<AlignTask, 'bytes' | 'heard' | 'lyrics' | 'language' | 'maxAudioSeconds'>

export type TrackHooks = { isCancelled: () => boolean; onProgress: (progress: Progress) => void }

/** From bytes and text to times with a reason to trust them: the whole way, in one thread. */
export async function alignTrack(track: Track, engine: Engine, hooks: TrackHooks): Promise<Aligned> {
  const { acoustic, refiner, decode, model } = engine
  const { isCancelled } = hooks
  const report = (stage: Stage) => (fraction: number) => hooks.onProgress({ stage, fraction })

  const lines = parseLyrics(track.lyrics)
  checkLyrics(lines)
  const language = track.language === 'auto' ? detectLanguage(lines) : track.language
  const units = await unitsOf(lines, language)

  const pcm = track.heard && !refiner ? undefined : await read(track, engine, hooks)
  const heard = track.heard ?? (await hear(pcm!, language, engine, hooks))
  const emissions = emissionsOf(heard, engine)
  const { duration, damaged = [] } = heard

  report('aligning')(0)
  const found = alignUnits(emissions, units)
  const evidence = evidenceOf(emissions, units, found)
  const anchors = shiftOnsets(found.spans, acoustic.description.onsetShiftSeconds)
  const { voice: probability, hop } = emissions
  const refined = await refiner?.refine(pcm!.samples, lines, units, anchors, {
    language,
    voice: probability && { probability, hop },
    decode,
    isCancelled,
    onProgress: report('refining'),
  })
  const assessed = assess(assemble(lines, units, refined ?? anchors, duration), evidence)
  const answer = withDamage(refined ? withEngines(assessed, units, refined) : assessed, damaged)
  const audio = { seconds: duration, damaged }
  return { alignment: { duration, audio, language, model, ...answer }, ...(!track.heard && { heard }) }
}

function read({ bytes, maxAudioSeconds: maxSeconds }: Track, { acoustic }: Engine, hooks: TrackHooks) {
  if (!bytes)
    throw new AlignError('ALIGNMENT_FAILED', 'Expected the recording, got only what was heard of it')
  const { sampleRate } = acoustic.description
  const onProgress = (fraction: number) => hooks.onProgress({ stage: 'decoding', fraction })
  return readAudio(bytes, { sampleRate, maxSeconds, isCancelled: hooks.isCancelled, onProgress })
}

async function hear(
  pcm: Recording,
  language: string,
  { acoustic }: Engine,
  { isCancelled, onProgress }: TrackHooks,
): Promise<Heard> {
  const report = (fraction: number) => onProgress({ stage: 'listening', fraction })
  const emissions = await listen(acoustic, pcm, language, { isCancelled, onProgress: report })
  const { logProbs, frames, voice } = emissions
  const duration = pcm.samples.length / pcm.sampleRate
  return { logProbs, frames, ...(voice && { voice }), duration, damaged: pcm.damaged }
}

function emissionsOf({ logProbs, frames, voice }: Heard, { acoustic }: Engine): Emissions {
  const { vocabulary, blank, hopSeconds: hop } = acoustic.description
  return { logProbs, frames, vocabulary, blank, hop, ...(voice && { voice }) }
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
