import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TINY, writeFakeCheckpoint } from '../../scripts/fake-checkpoint.ts'
import { createGraph } from './convert/graph.ts'
import { writeGraph } from './convert/write-model.ts'
import { loadQwen3 } from './engine.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'single-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** A graph with the ends of a public export that answers every slot with its own place in the prompt. */
async function writeExport(place: string, mask: 'int32' | 'int64', without?: string): Promise<void> {
  await mkdir(place, { recursive: true })
  const graph = createGraph()
  const ids = graph.input('input_ids', 'int64', [1, 'tokens'])
  const textMask = graph.input('attention_mask', 'int64', [1, 'tokens'])
  const features = graph.input('input_features', 'float32', [1, 128, 'frames'])
  if (without !== 'feature_attention_mask') graph.input('feature_attention_mask', mask, [1, 'frames'])
  const one = graph.constant(BigInt64Array.of(1n))
  const counted = graph.node('CumSum', [graph.node('Add', [textMask, graph.node('Sub', [ids, ids])]), one])
  const depth = graph.constant(BigInt64Array.of(5000n))
  const peaks = graph.node('OneHot', [counted, depth, graph.constant(Float32Array.of(0, 9))])
  const heard = graph.node('ReduceMax', [graph.node('Sub', [features, features])])
  graph.publish(graph.node('Add', [peaks, heard]), graph.output('logits', 'float32', [1, 'tokens', 5000]))
  await writeGraph(graph, place, 'model', () => {})
}

async function copyBeside(): Promise<void> {
  const snapshot = join(folder, 'snapshot')
  await writeFakeCheckpoint(snapshot, TINY)
  // exports come without tokenizer_config.json: the marker tokens are those of config.json
  for (const name of ['config.json', 'vocab.json', 'merges.txt']) {
    await cp(join(snapshot, name), join(folder, name))
  }
  await rm(snapshot, { recursive: true })
}

test.each(['int32', 'int64'] as const)(
  'an export with an %s mask answers, and is named as slower',
  async (mask) => {
    await copyBeside()
    await writeExport(join(folder, 'onnx'), mask)
    const engine = await loadQwen3(folder, { threads: 1 })
    expect(engine.warnings).toEqual([expect.stringContaining('slower')])
    const { spans } = await engine.ask(new Float32Array(16_000), ['ab', 'c'])
    // start, 13 of audio, end, then a b T T c T T: slots are tokens 18, 19, 21 and 22, counted from 1
    expect(spans.map(({ start, end }) => [start, end])).toEqual([
      [1.44, 1.52],
      [1.68, 1.76],
    ])
    await engine.close()
  },
)

test('a graph with other inputs is refused by name', async () => {
  await copyBeside()
  await writeExport(folder, 'int64', 'feature_attention_mask')
  await expect(loadQwen3(folder, { threads: 1 })).rejects.toThrow('Expected an input feature_attention_mask')
})

test('a graph that is damaged is refused', async () => {
  await copyBeside()
  await cp(join(folder, 'config.json'), join(folder, 'model.onnx'))
  await expect(loadQwen3(folder, { threads: 1 })).rejects.toMatchObject({ code: 'MODEL_INVALID' })
})

test('another export in the same place has another version', async () => {
  const versions: string[] = []
  for (const mask of ['int32', 'int64'] as const) {
    await copyBeside()
    await rm(join(folder, 'onnx'), { recursive: true, force: true })
    await writeExport(join(folder, 'onnx'), mask)
    const engine = await loadQwen3(folder, { threads: 1 })
    versions.push(engine.model.version)
    await engine.close()
  }
  expect(versions).toEqual([expect.stringMatching(/^export-[0-9a-f]{8}$/), expect.stringMatching(/^export-/)])
  expect(versions[0]).not.toBe(versions[1])
})
