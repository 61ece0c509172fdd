/** Takes one recording through the stages one after the other, with a clock between them, in a process of its own. */
import { readFile } from 'node:fs/promises'
import { decode } from '../../src/audio/decode.ts'
import { createDownmix } from '../../src/audio/downmix.ts'
import { join } from '../../src/audio/join.ts'
import { QUALITY } from '../../src/audio/read.ts'
import { createResampler, type Resampler } from '../../src/audio/resample.ts'
import { alignUnits, shiftOnsets } from '../../src/ctc/align.ts'
import { listen } from '../../src/ctc/emissions.ts'
import { evidenceOf } from '../../src/ctc/evidence.ts'
import { type CtcModel, loadCtcModel } from '../../src/ctc/model.ts'
import { toLrc } from '../../src/format/lrc.ts'
import { assemble } from '../../src/lyrics/assemble.ts'
import { detectLanguage } from '../../src/lyrics/language.ts'
import { movementOf } from '../../src/lyrics/movement.ts'
import { parseLyrics } from '../../src/lyrics/parse.ts'
import { unitsOf } from '../../src/lyrics/units.ts'
import { assess } from '../../src/quality/assess.ts'
import { confidenceOf } from '../../src/quality/confidence.ts'
import { featuresOf } from '../../src/quality/features.ts'
import type { MonoPcm } from '../../src/types.ts'
import { replyWith, taskOf } from '../figures/child.ts'
import { STAGE_NAMES, type StageName } from '../figures/stages.ts'

export type StagesTask = { file: string; lyrics: string; threads: number; model: string }

/** Seconds of wall and CPU time by stage; `starts` are those of the lines. */
export type StagesReply = {
  wall: Record<StageName, number>
  cpu: Record<StageName, number>
  starts: number[]
}

const task = taskOf<StagesTask>()
const wall = zeros()
const cpu = zeros()
const model = await loadCtcModel(task.model, { threads: task.threads })
const starts = await run(model)
await model.release()
replyWith({ wall, cpu, starts } satisfies StagesReply)

async function run(acoustic: CtcModel): Promise<number[]> {
  const pcm = await read(await readFile(task.file), acoustic.description.sampleRate)
  const { lines, language, units } = await timed('lyrics', async () => {
    const parsed = parseLyrics(task.lyrics)
    const detected = detectLanguage(parsed)
    return { lines: parsed, language: detected, units: await unitsOf(parsed, detected) }
  })
  const duration = pcm.samples.length / pcm.sampleRate
  const emissions = await timed('model', () => listen(acoustic, pcm, language))
  const movement = movementOf(lines)
  const found = await timed('viterbi', () => alignUnits(emissions, units, { movement }))
  const evidence = await timed('evidence', () => evidenceOf(emissions, units, found))
  return timed('format', () => {
    const spans = shiftOnsets(found.spans, acoustic.description.onsetShiftSeconds)
    const features = featuresOf(found, evidence, emissions.hop)
    const confidences = features.map(confidenceOf)
    const visits = assemble(found.visits.length, found.units, spans, duration)
    const song = {
      lines,
      text: units,
      found,
      timed: visits,
      evidence,
      features,
      confidences,
      emissions,
      duration,
    }
    const answer = assess(song)
    toLrc({ duration, language, model: { name: 'bench', version: '0', engine: 'ctc' }, ...answer })
    return answer.lines.map(({ start }) => start)
  })
}

/** As readAudio, with a clock between its steps. */
async function read(bytes: Uint8Array, sampleRate: number): Promise<MonoPcm> {
  const downmix = createDownmix()
  const pieces: Float32Array[] = []
  let resampler: Resampler | undefined
  const chunks = decode(bytes, Number.POSITIVE_INFINITY)
  for (;;) {
    const { value: chunk, done } = await timed('decode', () => chunks.next())
    if (done) break
    if ('lost' in chunk) continue
    const mono = await timed('downmix', () => downmix(chunk.channels))
    resampler ??= await createResampler(chunk.sampleRate, sampleRate, { quality: QUALITY })
    const ready = resampler
    pieces.push(await timed('resample', () => ready.push(mono)))
  }
  if (resampler) pieces.push(resampler.finish())
  resampler?.free()
  return { samples: join(pieces), sampleRate }
}

async function timed<T>(stage: StageName, work: () => T | Promise<T>): Promise<T> {
  const started = performance.now()
  const before = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  wall[stage] += (performance.now() - started) / 1000
  cpu[stage] += (user + system) / 1e6
  return result
}

function zeros(): Record<StageName, number> {
  return Object.fromEntries(STAGE_NAMES.map((name) => [name, 0])) as Record<StageName, number>
}
