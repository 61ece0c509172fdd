import { type Recording, readAudio } from '../audio/read.ts'
import { shiftOnsets } from '../ctc/align.ts'
import { listen } from '../ctc/emissions.ts'
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
import { searchSong } from './search.ts'
import type { Aligned, Material, Track } from './tasks.ts'

/** `isCancelled` is asked between windows of audio, lines of lyrics and frames of the search; true ends with CANCELLED. */
export type TrackHooks = { isCancelled: () => boolean; onProgress: (progress: Progress) => void }

/** From bytes and text to times with a reason to trust them: the whole way, in one thread. */
export async function alignTrack(track: Track, engine: Engine, hooks: TrackHooks): Promise<Aligned> {
  const { acoustic, refiner, decode, model } = engine
  const { isCancelled } = hooks
  const report = (stage: Stage) => (fraction: number) => hooks.onProgress({ stage, fraction })

  const checkpoint = () => {
    if (isCancelled()) throw new AlignError('CANCELLED', 'The alignment was cancelled')
  }

  const lines = parseLyrics(track.lyrics, checkpoint, track.language)
  checkLyrics(lines)
  const language = track.language === 'auto' ? detectLanguage(lines) : track.language
  const text = unitsOf(lines, language, checkpoint)

  const material = await track.material(language)
  const pcm = material.heard && !refiner ? undefined : await read(material, track, engine, hooks)
  const heard = material.heard ?? (await hear(pcm!, language, engine, hooks))
  const emissions = emissionsOf(heard, engine)
  const { duration, damaged = [] } = heard

  checkpoint()
  report('aligning')(0)
  const song = searchSong(emissions, lines, text, { structure: track.structure, checkpoint })
  const { visits, units } = song.found
  const anchors = shiftOnsets(song.found.spans, acoustic.description.onsetShiftSeconds)
  const { voice: probability, hop } = emissions
  const sung = visits.map(({ line }, index) => ({ ...lines[line.index]!, index }))
  const refined = await refiner?.refine(pcm!.samples, sung, units, anchors, {
    language,
    voice: probability && { probability, hop },
    decode,
    isCancelled,
    onProgress: report('refining'),
  })
  const timed = assemble(visits.length, units, refined ?? anchors, duration)
  const assessed = assess({ ...song, lines, text, timed, emissions, duration })
  const answer = withDamage(refined ? withEngines(assessed, enginesOf(units, refined)) : assessed, damaged)
  const audio = { seconds: duration, damaged }
  return {
    alignment: { duration, audio, language, model, ...answer },
    ...(!material.heard && { heard }),
  }
}

function read(
  { bytes }: Material,
  { maxAudioSeconds: maxSeconds }: Track,
  { acoustic }: Engine,
  hooks: TrackHooks,
) {
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

/** By visit: which engine gave its time; `ctc` where Qwen3 could not give all of it. */
function enginesOf(
  units: readonly Unit[],
  refined: readonly (RefinedSpan | null)[],
): Map<number, RefinedSpan['source']> {
  const engines = new Map<number, RefinedSpan['source']>()
  units.forEach(({ line }, i) => {
    const source = refined[i]?.source
    if (source && engines.get(line) !== 'ctc') engines.set(line, source)
  })
  return engines
}

/** Says of every line which engine gave its time, and in the verdict how many Qwen3 could not give. */
function withEngines(answer: Assessment, engines: ReadonlyMap<number, RefinedSpan['source']>): Assessment {
  const { lines, performance, verdict } = answer
  const marked = lines.map((line, index) => {
    const own = performance.findIndex((sung) => sung.line === index && sung.start === line.start)
    const engine = engines.get(own)
    return engine ? { ...line, engine } : line
  })
  const kept = marked.filter(({ engine }) => engine === 'ctc').length
  if (kept === 0) return { ...answer, lines: marked }
  const reason = `${kept} of ${verdict.sungLines} lines keep the acoustic model's time: Qwen3's answer failed its checks.`
  return { ...answer, lines: marked, verdict: { ...verdict, reasons: [...verdict.reasons, reason] } }
}
