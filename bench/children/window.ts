/** Runs one window of an acoustic model some times over, in a process of its own. */
import { loadCtcModel } from '../../src/ctc/model.ts'
import { peakMemory, replyWith, taskOf } from '../figures/child.ts'

export type WindowTask = { model: string; runs: number }

/** Wall time of each run of one of the model's own windows, and the seconds of audio that each window adds. */
export type WindowReply = { milliseconds: number[]; stepSeconds: number; peakBytes: number }

const { model, runs } = taskOf<WindowTask>()
const loaded = await loadCtcModel(model, { threads: 1 })
const { sampleRate, windowSeconds, overlapSeconds } = loaded.description
// Noise: the time does not depend on what is heard.
let state = 1
const samples = Float32Array.from({ length: Math.round(windowSeconds * sampleRate) }, () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return (state / 2 ** 32 - 0.5) / 10
})
await loaded.run(samples, 'en')
const milliseconds: number[] = []
for (let run = 0; run < runs; run++) {
  const started = performance.now()
  await loaded.run(samples, 'en')
  milliseconds.push(performance.now() - started)
}
const reply: WindowReply = {
  milliseconds,
  stepSeconds: windowSeconds - overlapSeconds,
  peakBytes: peakMemory(),
}
await loaded.release()
replyWith(reply)
