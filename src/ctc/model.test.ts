import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { listen } from './emissions.ts'
import { loadCtcModel } from './model.ts'

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../test/fixtures/models/${name}`, import.meta.url))
const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** A copy of a fixture model that may be damaged. */
function copyOf(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sow-model-'))
  folders.push(folder)
  cpSync(fixture(name), folder, { recursive: true })
  return folder
}

function noise(seconds: number): Float32Array {
  let state = 1
  return Float32Array.from({ length: seconds * 16_000 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

async function rejection(folder: string): Promise<string> {
  const error = await loadCtcModel(folder).catch((reason) => reason)
  expect(error).toMatchObject({ code: 'MODEL_INVALID' })
  return error.message
}

test('windows give the frames that the whole recording at once gives, each at its own time', async () => {
  const model = await loadCtcModel(fixture('ours'))
  const samples = noise(11.3)
  const whole = await model.run(samples, '')
  const windowed = await listen(model, { samples, sampleRate: 16_000 }, '')
  expect(windowed.frames).toBe(Math.floor(samples.length / 320) + 1)
  expect(windowed.frames).toBe(whole.frames)
  // The last frame sees beyond the end, where the whole recording was padded as well.
  expectClose(windowed.logProbs, whole.logProbs)
  expectClose(windowed.voice!, whole.voice!)
  await model.release()
})

test('a Hugging Face export is normalised, softmaxed and put at its own times', async () => {
  const model = await loadCtcModel(fixture('hugging-face'))
  expect(model.description).toMatchObject({
    vocabulary: ['<pad>', 'a', 'b', 'c'],
    blank: 0,
    hopSeconds: 0.02,
  })
  const samples = noise(3)
  const heard = await listen(model, { samples, sampleRate: 16_000 }, 'en')
  expect(heard.frames).toBe(151)
  for (let t = 0; t < heard.frames; t++) {
    let sum = 0
    for (let v = 0; v < 4; v++) sum += Math.exp(heard.logProbs[t * 4 + v]!)
    expect(sum).toBeCloseTo(1, 4)
  }
  // Its frame j is centred on 200 + 320 j samples, so frame t of ours is nearest to its frame t - 1.
  const raw = await model.run(samples, 'en')
  expectClose(heard.logProbs.subarray(10 * 4, 20 * 4), raw.logProbs.subarray(9 * 4, 19 * 4))
  await model.release()
})

test('a recording of a few samples is heard too', async () => {
  const model = await loadCtcModel(fixture('ours'))
  const { frames, logProbs } = await listen(model, { samples: noise(0.05), sampleRate: 16_000 }, '')
  expect(frames).toBe(3)
  expect(logProbs.every(Number.isFinite)).toBe(true)
  await model.release()
})

test('listening reports its progress and stops between windows', async () => {
  const model = await loadCtcModel(fixture('ours'))
  const fractions: number[] = []
  const options = {
    onProgress: (fraction: number) => fractions.push(fraction),
    isCancelled: () => fractions.length === 2,
  }
  const heard = listen(model, { samples: noise(20), sampleRate: 16_000 }, '', options)
  await expect(heard).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(fractions).toHaveLength(2)
  expect(fractions[1]).toBeGreaterThan(fractions[0]!)
  await model.release()
})

test('audio at another rate than the model wants is refused', async () => {
  const model = await loadCtcModel(fixture('ours'))
  await expect(listen(model, { samples: noise(1), sampleRate: 8000 }, '')).rejects.toThrow(
    'Expected audio at 16000 Hz, got 8000 Hz',
  )
  await model.release()
})

test('what is no model says what was expected and found', async () => {
  expect(await rejection('/nowhere')).toContain('nothing at this path')
  const empty = mkdtempSync(join(tmpdir(), 'sow-model-'))
  folders.push(empty)
  expect(await rejection(empty)).toContain('an empty folder')
})

test('a damaged graph is found by its hash, a truncated one without hash by the runtime', async () => {
  const folder = copyOf('ours')
  const graph = readFileSync(join(folder, 'model.onnx'))
  graph[graph.length - 10]! ^= 1
  writeFileSync(join(folder, 'model.onnx'), graph)
  expect(await rejection(folder)).toContain('Expected sha256')
  const exported = copyOf('hugging-face')
  writeFileSync(join(exported, 'model.onnx'), graph.subarray(0, 500))
  expect(await rejection(exported)).toContain('ONNX Runtime cannot load')
})

test('a manifest without its blank, with a wrong type, or that is no JSON is named', async () => {
  const folder = copyOf('ours')
  const file = join(folder, 'manifest.json')
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  const reject = async (change: object) => {
    writeFileSync(file, JSON.stringify({ ...manifest, ...change }))
    return rejection(folder)
  }
  expect(await reject({ vocabulary: ['a', 'b'] })).toContain('"<blank>"')
  expect(await reject({ hopSeconds: 'often' })).toContain('/hopSeconds')
  expect(await reject({ overlapSeconds: 3 })).toContain('under half')
  writeFileSync(file, '{')
  expect(await rejection(folder)).toContain('Expected JSON')
})

test('a graph with other ends than the manifest means is refused', async () => {
  const folder = copyOf('hugging-face')
  cpSync(join(fixture('ours'), 'model.onnx'), join(folder, 'model.onnx'))
  expect(await rejection(folder)).toContain('Expected an input "input_values"')
})

test('a vocabulary of another size than the output is refused before the model is called ready', async () => {
  const folder = copyOf('hugging-face')
  writeFileSync(join(folder, 'vocab.json'), JSON.stringify({ '<pad>': 0, a: 1 }))
  expect(await rejection(folder)).toContain('Expected an output [1, frames, 2]')
})

function expectClose(got: Float32Array, expected: Float32Array): void {
  expect(got.length).toBe(expected.length)
  let worst = 0
  for (let i = 0; i < got.length; i++) worst = Math.max(worst, Math.abs(got[i]! - expected[i]!))
  expect(worst).toBeLessThan(1e-3)
}
