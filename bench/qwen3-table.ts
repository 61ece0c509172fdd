/** The table of bench/qwen3.ts. */
import { type Aligned, type Converted, UNITS, WINDOW_SECONDS } from './qwen3-song.ts'

export type Figures = {
  dtype: string
  converted: Converted
  aligned: Aligned
  /** Peak in megabytes by number of workers. */
  workers: Record<number, number>
}

type Seconds = { encodeSeconds: number; seconds: number; cpuSeconds: number }
/** The same windows one by one, and the same audio and text at once, as its own align() takes them. */
export type Pytorch = { versions: string; windows: Seconds; whole: Seconds }

// multiplications and additions: convolutions, layers and projector of the encoder per second of audio; layers of the
// decoder per token
const ENCODER_GIGAFLOP = 4.2 + 7.9 + 0.3
const DECODER_GIGAFLOP = 0.88

export function printTable(
  figures: readonly Figures[],
  windows: number,
  workerCounts: readonly number[],
  pytorch: Pytorch | undefined,
): void {
  const seconds = windows * WINDOW_SECONDS
  const factor = (value: number) => (value / seconds).toFixed(3)
  const products = ({ tokens, gemmGigaflops }: Aligned) =>
    (seconds * ENCODER_GIGAFLOP + windows * tokens * DECODER_GIGAFLOP) / gemmGigaflops
  const all = ({ encodeSeconds, decodeSeconds }: Aligned) => encodeSeconds + decodeSeconds
  const rows: [string, (figures: Figures) => string][] = [
    ['conversion, s', ({ converted }) => converted.seconds.toFixed(1)],
    ['conversion, peak MB', ({ converted }) => String(converted.peakMegabytes)],
    ['load, s', ({ aligned }) => aligned.loadSeconds.toFixed(1)],
    ['encoder, real-time factor', ({ aligned }) => factor(aligned.encodeSeconds)],
    ['decoder, real-time factor', ({ aligned }) => factor(aligned.decodeSeconds)],
    ['song, s', ({ aligned }) => all(aligned).toFixed(1)],
    ['song, CPU s', ({ aligned }) => aligned.cpuSeconds.toFixed(1)],
    [
      'of float32 products of the same size (GFLOP/s)',
      ({ aligned }) =>
        `${(all(aligned) / products(aligned)).toFixed(2)} (${aligned.gemmGigaflops.toFixed(0)})`,
    ],
    [
      'other lyrics to the same audio, times faster (CPU)',
      ({ aligned }) => ratio(all(aligned), aligned.cpuSeconds, aligned.again),
    ],
    ...workerCounts.map((count): [string, (figures: Figures) => string] => [
      `peak MB, ${count} worker${count > 1 ? 's' : ''}`,
      ({ workers }) => String(workers[count]),
    ]),
  ]
  if (pytorch) {
    const faster =
      (than: Seconds) =>
      ({ aligned }: Figures) =>
        ratio(than.seconds, than.cpuSeconds, { seconds: all(aligned), cpuSeconds: aligned.cpuSeconds })
    rows.push(['than PyTorch on the same windows, times faster (CPU)', faster(pytorch.windows)])
    rows.push(['than PyTorch on the whole song, times faster (CPU)', faster(pytorch.whole)])
  }
  console.log(
    `${seconds} s of audio, ${windows * UNITS} units, windows of ${WINDOW_SECONDS} s of ${figures[0]?.aligned.tokens} tokens\n`,
  )
  console.log(`| | ${figures.map(({ dtype }) => dtype).join(' | ')} |`)
  console.log(`|---|${figures.map(() => '---').join('|')}|`)
  for (const [name, cell] of rows) console.log(`| ${name} | ${figures.map(cell).join(' | ')} |`)
  if (!pytorch) return
  const said = ({ encodeSeconds, seconds, cpuSeconds }: Seconds) =>
    `${seconds.toFixed(1)} s, of which ${encodeSeconds.toFixed(1)} s encoder, ${cpuSeconds.toFixed(1)} CPU s`
  console.log(`\nHugging Face float32, ${pytorch.versions}`)
  console.log(`  the same windows: ${said(pytorch.windows)}`)
  console.log(`  the song at once: ${said(pytorch.whole)}`)
}

function ratio(seconds: number, cpuSeconds: number, than: { seconds: number; cpuSeconds: number }): string {
  return `${(seconds / than.seconds).toFixed(2)} (${(cpuSeconds / than.cpuSeconds).toFixed(2)})`
}
