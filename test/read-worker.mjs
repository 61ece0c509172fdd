/** A thread that reads recordings as the service's threads do, and says what each became. */
import { parentPort, workerData } from 'node:worker_threads'

const { readAudio } = await import(workerData.read)
const { AlignError } = await import(workerData.errors)

parentPort.on('message', async ({ bytes, maxSeconds }) => {
  try {
    const { samples } = await readAudio(bytes, { sampleRate: 16_000, maxSeconds })
    const wild = samples.some((sample) => !(Math.abs(sample) <= 1))
    parentPort.postMessage({ seconds: samples.length / 16_000, wild })
  } catch (error) {
    const code = error instanceof AlignError ? error.code : 'none'
    parentPort.postMessage({ code, message: `${error?.message}`, stack: `${error?.stack}` })
  }
})
parentPort.postMessage('ready')
