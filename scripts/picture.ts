/** Draws docs/result.svg, the picture of a result in the README, from a real alignment: `npm run docs:picture`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readAudio } from '../src/audio/read.ts'
import { COLOURS } from '../src/cli/evaluate/plot.ts'
import { picture, pixel, rectangle, text } from '../src/cli/evaluate/svg.ts'
import { type AlignedLine, createAligner, toLrc } from '../src/index.ts'

const RECORDING = fileURLToPath(new URL('../test/fixtures/speech/psalm-en.mp3', import.meta.url))
const LYRICS = readFileSync(RECORDING.replace('.mp3', '.txt'), 'utf8').trimEnd().split('\n')
/** A line of the psalm that nobody says in the recording. */
const NEVER_SAID = 'Thou anointest my head with oil;'

const WIDTH = 880
const LEFT = 400
const ROW = 26
const WAVE = { top: 30, height: 64 }
const SECONDS_BETWEEN_MARKS = 5

const lyrics = [...LYRICS.slice(0, 4), NEVER_SAID, ...LYRICS.slice(4)].join('\n')
await using aligner = await createAligner()
const alignment = await aligner.align(RECORDING, lyrics)
const scale = (WIDTH - LEFT - 20) / alignment.duration
const at = (seconds: number) => LEFT + seconds * scale

const rows = toLrc(alignment)
  .split('\n')
  .map((lrc, i) => row(lrc, alignment.lines[i]!, WAVE.top + WAVE.height + 20 + i * ROW))
const height = WAVE.top + WAVE.height + 20 + rows.length * ROW + 36
const svg = picture(WIDTH, height, [...marks(), await wave(), ...rows, legend(height - 16)])
writeFileSync(new URL('../docs/result.svg', import.meta.url), svg)

/** The loudest sample of every pixel, around a middle line. */
async function wave(): Promise<string> {
  const { samples } = await readAudio(readFileSync(RECORDING), { sampleRate: 16_000, maxSeconds: 60 })
  const step = samples.length / (WIDTH - LEFT - 20)
  const middle = WAVE.top + WAVE.height / 2
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  const scaled = (WAVE.height * 0.5) / peak
  const bars = Array.from({ length: WIDTH - LEFT - 20 }, (_, x) => {
    const part = samples.subarray(Math.floor(x * step), Math.floor((x + 1) * step))
    const loudest = part.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
    return `M${LEFT + x} ${pixel(middle - loudest * scaled)}V${pixel(middle + loudest * scaled)}`
  })
  return `<path d="${bars.join('')}" stroke="#8a93a3" fill="none"/>`
}

function marks(): string[] {
  const count = Math.floor(alignment.duration / SECONDS_BETWEEN_MARKS) + 1
  return Array.from({ length: count }, (_, i) => {
    const seconds = i * SECONDS_BETWEEN_MARKS
    const bottom = WAVE.top + WAVE.height + 20 + alignment.lines.length * ROW
    const line = `<line x1="${pixel(at(seconds))}" x2="${pixel(at(seconds))}" y1="${WAVE.top - 6}" y2="${bottom}" stroke="#e3e6ea"/>`
    return line + text(at(seconds), WAVE.top - 12, `${seconds} s`, 'text-anchor="middle" fill="#667"')
  })
}

/** The line as LRC, and beside it a box for the line with one for each of its words. */
function row(lrc: string, { start, end, status, units }: AlignedLine, top: number): string {
  const colour = COLOURS[status]
  const words = units.map((unit) =>
    rectangle(
      at(unit.start),
      top + 3,
      Math.max(1, (unit.end - unit.start) * scale - 1),
      ROW - 12,
      `rx="2" fill="${colour}"`,
    ),
  )
  return [
    text(
      12,
      top + 14,
      lrc,
      `font-family="ui-monospace, monospace" font-size="12" fill="${status === 'aligned' ? '#222' : colour}"`,
    ),
    rectangle(at(start), top, (end - start) * scale, ROW - 6, `rx="3" fill="${colour}" fill-opacity="0.2"`),
    ...words,
  ].join('\n')
}

function legend(y: number): string {
  return (['aligned', 'suspect'] as const)
    .map((status, i) => {
      const x = LEFT + i * 190
      const meaning = status === 'aligned' ? 'aligned: use it as it is' : 'suspect: look at it first'
      return (
        rectangle(x, y - 9, 10, 10, `rx="2" fill="${COLOURS[status]}"`) +
        text(x + 16, y, meaning, 'fill="#444"')
      )
    })
    .join('\n')
}
