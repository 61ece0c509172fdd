import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  CLIPS,
  GOLDENS,
  type GoldenClip,
  goldenAudio,
  goldenFloats,
  goldenJson,
  goldensFound,
  goldensNote,
  largestDifference,
} from '../../test/qwen3-goldens.ts'
import { convertInto } from './convert/convert.ts'
import { int8Levels } from './convert/int8-levels.ts'
import { readManifest } from './converted.ts'
import { logMel } from './mel.ts'
import type { Qwen3Model } from './model.ts'
import { buildPrompt } from './prompt.ts'
import { likeliestClasses, repairTimes } from './timestamps.ts'
import { loadTokenizer, type Tokenizer } from './tokenizer.ts'
import { openTwoGraphs } from './two-graphs.ts'
import { alignmentUnits } from './units.ts'

// as the reference states them for float32
const ENCODER_TOLERANCE = 1e-3
const LOGIT_TOLERANCE = 2e-3

const layouts = ['tiny-official', 'tiny-hf'] as const

// What a precision may cost on the tiny checkpoint; it says little of the real one.
const precisions = [
  { dtype: 'int8', levels: 127, leastCosine: 0.999, sameTimes: true },
  { dtype: 'int8', levels: 64, leastCosine: 0.999, sameTimes: false },
  { dtype: 'int4', levels: 127, leastCosine: 0.97, sameTimes: false },
] as const
const levelsHere = await int8Levels()
const runnable = precisions.filter(({ dtype, levels }) => dtype !== 'int8' || levels <= levelsHere)

describe.skipIf(!goldensFound)(`quantised${goldensNote}`, () => {
  test.each(['float32', 'int8', 'int4'] as const)('%s with shared weights gives the same', async (dtype) => {
    const folder = await mkdtemp(join(tmpdir(), 'qwen3-'))
    await convertInto(join(GOLDENS, 'tiny-official'), folder, { dtype, levels: 64, source: 'test' })
    const manifest = await readManifest(folder)
    const mel = logMel(goldenAudio('en-3.2s'), 128)
    const answers: Float32Array[] = []
    for (const shareWeights of [false, true]) {
      const model = await openTwoGraphs(folder, manifest, { threads: 1, shareWeights })
      answers.push((await model.encode(mel, () => {})).values)
      await model.close()
    }
    expect(largestDifference(answers[0]!, answers[1]!)).toBeLessThan(ENCODER_TOLERANCE)
    await rm(folder, { recursive: true })
  })

  test.each(runnable)(
    '$dtype ($levels levels) stays near float32',
    async ({ dtype, levels, leastCosine, sameTimes }) => {
      const folder = await mkdtemp(join(tmpdir(), 'qwen3-'))
      await convertInto(join(GOLDENS, 'tiny-official'), folder, { dtype, levels, source: 'test' })
      const model = await openTwoGraphs(folder, await readManifest(folder), {
        threads: 1,
        shareWeights: false,
      })
      const { encode, markers } = await loadTokenizer(folder)
      for (const clip of CLIPS) {
        const golden = goldenJson<GoldenClip>(clip)
        const audio = await model.encode(logMel(goldenAudio(clip), 128), () => {})
        expect(cosine(audio.values, goldenFloats(golden.encoder))).toBeGreaterThan(leastCosine)
        const prompt = buildPrompt(audio.tokens, golden.units, markers, encode)
        const classes = likeliestClasses(await model.decode(prompt, audio, () => {}))
        if (sameTimes) expect(classes).toEqual(golden.argmax)
      }
      await model.close()
      await rm(folder, { recursive: true })
    },
  )
})

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

describe.skipIf(!goldensFound).each(layouts)(`%s, through the converter${goldensNote}`, (layout) => {
  let folder: string
  let model: Qwen3Model
  let tokenizer: Tokenizer

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qwen3-'))
    await convertInto(join(GOLDENS, layout), folder, { dtype: 'float32', levels: 127, source: 'test' })
    model = await openTwoGraphs(folder, await readManifest(folder), { threads: 1, shareWeights: false })
    tokenizer = await loadTokenizer(folder)
  })

  afterAll(async () => {
    await model.close()
    await rm(folder, { recursive: true })
  })

  test.each(CLIPS)('%s: from samples and text to times, as the reference', async (clip) => {
    const golden = goldenJson<GoldenClip>(clip)
    const audio = await model.encode(logMel(goldenAudio(clip), 128), () => {})
    expect(audio.tokens).toBe(golden.audio_tokens)
    expect(largestDifference(audio.values, goldenFloats(golden.encoder))).toBeLessThan(ENCODER_TOLERANCE)

    const units = alignmentUnits(golden.text, golden.language).map((unit) => unit.text)
    const prompt = buildPrompt(audio.tokens, units, tokenizer.markers, tokenizer.encode)
    expect(prompt.ids).toEqual(golden.input_ids)
    expect(prompt.slots).toEqual(golden.timestamp_positions)

    const logits = await model.decode(prompt, audio, () => {})
    if (golden.logits) {
      expect(largestDifference(logits.values, goldenFloats(golden.logits))).toBeLessThan(LOGIT_TOLERANCE)
    }
    const classes = likeliestClasses(logits)
    const top1 = classes.map((c, slot) => logits.values[slot * logits.classes + c]!)
    expect(largestDifference(top1, golden.top1)).toBeLessThan(LOGIT_TOLERANCE)
    expect(classes).toEqual(golden.argmax)
    const times = repairTimes(classes.map((c) => c * 80))
    expect(times).toEqual(golden.repaired_ms)
    expect(
      units.map((text, i) => ({
        text,
        start_time: times[2 * i]! / 1000,
        end_time: times[2 * i + 1]! / 1000,
      })),
    ).toEqual(golden.items)
  })

  test('stops between two pieces of work', async () => {
    const calls: number[] = []
    const stop = (fraction: number) => {
      calls.push(fraction)
      if (calls.length === 2) throw new Error('stopped')
    }
    await expect(model.encode(logMel(goldenAudio('fr-33s'), 128), stop)).rejects.toThrow('stopped')
    expect(calls).toHaveLength(2)
  })
})
