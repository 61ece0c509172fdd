/** Reads one recording to 16 kHz mono, piece by piece as we do or all at once as audio-decode offers it. */
import { readFile } from 'node:fs/promises'
import decodeFile from 'audio-decode'
import { toMono } from '../../src/audio/downmix.ts'
import { readAudio } from '../../src/audio/read.ts'
import { resample } from '../../src/audio/resample.ts'
import type { MonoPcm } from '../../src/types.ts'
import { replyWith, taskOf } from '../figures/child.ts'
import { type Measured, measure } from '../figures/measure.ts'

export type DecodeTask = { file: string; way: 'streaming' | 'whole file' }

/** `loudness`: root mean square of the samples. */
export type DecodeReply = Measured & { audioSeconds: number; loudness: number }

const RATE = 16_000
const READ: Record<DecodeTask['way'], (bytes: Uint8Array) => Promise<MonoPcm>> = {
  streaming: (bytes) => readAudio(bytes, { sampleRate: RATE, maxSeconds: 36_000 }),
  'whole file': async (bytes) => {
    const whole = await decodeFile(bytes)
    const channels = Array.from({ length: whole.numberOfChannels }, (_, i) => whole.getChannelData(i))
    return resample(toMono({ channels, sampleRate: whole.sampleRate }), RATE)
  },
}

const { file, way } = taskOf<DecodeTask>()
const bytes = await readFile(file)
const { result, ...measured } = await measure(() => READ[way](bytes))
const { samples } = result
const reply: DecodeReply = {
  ...measured,
  audioSeconds: samples.length / RATE,
  loudness: Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length),
}
replyWith(reply)
