import { readAudio } from './audio/read.ts'
import { alignUnits } from './ctc/align.ts'
import { listen } from './ctc/emissions.ts'
import { evidenceOf } from './ctc/evidence.ts'
import { type CtcModel, loadCtcModel } from './ctc/model.ts'
import { assemble } from './lyrics/assemble.ts'
import { detectLanguage } from './lyrics/language.ts'
import { checkLyrics, parseLyrics } from './lyrics/parse.ts'
import { unitsOf } from './lyrics/units.ts'
import { assess } from './quality/assess.ts'
import type { WorkerSetup } from './tasks.ts'
import type { Alignment, ModelInfo, Progress, Stage } from './types.ts'

/** The loaded models of one thread. */
export type Engine = { acoustic: CtcModel; model: ModelInfo }

/** One song: encoded audio and lyrics as given. `language` is a code or "auto". */
export type Track = { bytes: Uint8Array; lyrics: string; language: string; maxAudioSeconds: number }

export type TrackHooks = { isCancelled: () => boolean; onProgress: (progress: Progress) => void }

/** @throws AlignError MODEL_INVALID */
export async function loadEngine({ modelPath, threads }: WorkerSetup): Promise<Engine> {
  const acoustic = await loadCtcModel(modelPath, { threads })
  const { name, version } = acoustic.description
  return { acoustic, model: { name, version, engine: 'ctc' } }
}

/** From bytes and text to times with a reason to trust them: the whole way, in one thread. */
export async function alignTrack(
  track: Track,
  { acoustic, model }: Engine,
  hooks: TrackHooks,
): Promise<Alignment> {
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
  const timed = assemble(lines, units, found.spans, duration, onsetShiftSeconds)
  return { duration, language, model, ...assess(timed, evidenceOf(emissions, units, found)) }
}
