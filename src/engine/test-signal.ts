// For tests of a whole installation: what comes out of the models for it is not foretold, only its form.

const SAMPLE_RATE = 16_000

/** Seconds of {@link testSignal}. */
export const TEST_SECONDS = 3
export const TEST_LYRICS = 'one two three\n\nfour five'

/** A WAV file of a rising tone that comes and goes. */
export function testSignal(): Uint8Array {
  const samples = SAMPLE_RATE * TEST_SECONDS
  const file = Buffer.alloc(44 + samples * 2)
  file.write('RIFF', 0)
  file.writeUInt32LE(36 + samples * 2, 4)
  file.write('WAVEfmt ', 8)
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20) // PCM
  file.writeUInt16LE(1, 22) // one channel
  file.writeUInt32LE(SAMPLE_RATE, 24)
  file.writeUInt32LE(SAMPLE_RATE * 2, 28)
  file.writeUInt16LE(2, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36)
  file.writeUInt32LE(samples * 2, 40)
  for (let i = 0; i < samples; i++) {
    const seconds = i / SAMPLE_RATE
    const tone = Math.sin(2 * Math.PI * (200 + 100 * seconds) * seconds) * Math.sin(Math.PI * seconds) ** 2
    file.writeInt16LE(Math.round(tone * 12_000), 44 + i * 2)
  }
  return file
}

type Lines = readonly { text: string; start: number; end: number; confidence: number | null }[]

/** What is wrong with an alignment of the test signal; undefined where nothing is. */
export function faultOf({ lines, duration }: { lines: Lines; duration: number }): string | undefined {
  const texts = lines.map(({ text }) => text).join('\n')
  if (texts !== TEST_LYRICS) return `expected its 3 lines, got ${JSON.stringify(texts)}`
  // Written so that NaN is a fault.
  if (!(Math.abs(duration - TEST_SECONDS) < 0.1)) return `expected ${TEST_SECONDS} s, got ${duration} s`
  let before = 0
  for (const { text, start, end, confidence } of lines) {
    if (!(start >= before && end >= start && end <= duration))
      return `expected times in order within ${duration} s, got ${start} to ${end} for "${text}"`
    if (confidence !== null && !(confidence >= 0 && confidence <= 1))
      return `expected confidence from 0 to 1, got ${confidence} for "${text}"`
    before = start
  }
  return undefined
}
