/** A thread of bench/qwen3-run.ts: loads the model, aligns some windows of 30 s, says so. */
import { parentPort, workerData } from 'node:worker_threads'
import { loadQwen3 } from '../src/qwen3/engine.ts'

const { folder, threads, shareWeights, windows } = workerData as {
  folder: string
  threads: number
  shareWeights: boolean
  windows: number
}
const engine = await loadQwen3(folder, { threads, shareWeights })
for (let i = 1; i <= windows; i++) {
  await engine.ask(new Float32Array(30 * 16_000).fill(0.01 * i), new Array(50).fill('ab'))
}
await engine.close()
parentPort!.postMessage('done')
