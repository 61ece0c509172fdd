/** How fast this machine multiplies matrices, to compare the model with: one MatMul in ONNX Runtime, nothing else. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import '../src/config/telemetry.ts'
import * as ort from 'onnxruntime-node'
import { createGraph } from '../src/qwen3/convert/graph.ts'
import { writeGraph } from '../src/qwen3/convert/write-model.ts'

const [ROWS, INPUTS, OUTPUTS] = [512, 1024, 4096]

/** Measures float32 GFLOP/s of a [512, 1024] x [1024, 4096] product, the shape of the model's largest. */
export async function openGemm(
  threads: number,
): Promise<{ gigaflops(): Promise<number>; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'gemm-'))
  const graph = createGraph()
  const x = graph.input('x', 'float32', [ROWS, INPUTS])
  const weight = graph.weight({
    name: 'w',
    element: 'float32',
    dims: [INPUTS, OUTPUTS],
    bytes: INPUTS * OUTPUTS * 4,
    make: async () => new Uint8Array(new Float32Array(INPUTS * OUTPUTS).fill(0.01).buffer),
  })
  graph.publish(graph.node('MatMul', [x, weight]), graph.output('y', 'float32', [ROWS, OUTPUTS]))
  await writeGraph(graph, folder, 'gemm', () => {})
  const session = await ort.InferenceSession.create(join(folder, 'gemm.onnx'), { intraOpNumThreads: threads })
  const feeds = { x: new ort.Tensor('float32', new Float32Array(ROWS * INPUTS).fill(0.5), [ROWS, INPUTS]) }
  const RUNS = 20
  return {
    gigaflops: async () => {
      await session.run(feeds)
      const start = performance.now()
      for (let i = 0; i < RUNS; i++) await session.run(feeds)
      return (RUNS * 2 * ROWS * INPUTS * OUTPUTS) / (performance.now() - start) / 1e6
    },
    close: async () => {
      await session.release()
      await rm(folder, { recursive: true })
    },
  }
}
