/** How long the acoustic models take, side by side: one window, and a song from start to end, on one thread. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WholeReply, WholeTask } from './children/whole.ts'
import type { WindowReply, WindowTask } from './children/window.ts'
import { runChild } from './figures/child.ts'
import { readOptions } from './figures/options.ts'
import { modelIn, originOf } from './figures/origin.ts'
import { PROJECT } from './figures/project.ts'
import { type Measurement, record, select, writeResult } from './figures/result.ts'
import { alternate } from './figures/rounds.ts'
import { withFolder } from './figures/temporary.ts'
import { checkOnsets } from './input/check.ts'
import { type BenchSong, makeSong } from './input/speech.ts'
import { modelSection } from './report/model.ts'

const { quick, out, model } = readOptions(
  'Measures the models of models/ side by side (--model: another one beside the first).',
)
const SECONDS = quick ? 60 : 240
const ROUNDS = quick ? 1 : 5
const RUNS = quick ? 2 : 5
const folders = ['sow-ctc-1', 'sow-ctc-2'].map((name) => join(PROJECT, 'models', name))
const variants = model ? [folders[0]!, model] : folders

const measurements: Measurement[] = []
await alternate(variants, ROUNDS, measureWindow)
await withFolder(async (folder) => {
  const song = await makeSong(folder, SECONDS, 'mp3')
  await alternate(variants, ROUNDS, (variant) => measureSong(variant, song))
})

const result = {
  bench: 'model' as const,
  quick,
  origin: originOf(modelIn(variants[0])),
  notes: [
    `One thread. A window is of the model's own length, for a second of audio that it adds; the song is a spoken psalm of ${SECONDS} s as MP3, aligned in a fresh process.`,
    `Instructions of this processor that matter: ${instructions()}. ONNX Runtime takes the best there are; it cannot be told to leave them.`,
  ],
  measurements,
}
console.log(modelSection(result))
for (const metric of ['window for a second', 'song']) {
  if (select(result, metric).length < variants.length) throw new Error(`Expected ${metric} of every model`)
}
writeResult(result, out)

async function measureWindow(folder: string): Promise<void> {
  const task: WindowTask = { model: folder, runs: RUNS }
  const { milliseconds, stepSeconds, peakBytes } = (await runChild<WindowReply>('window', task)).reply
  const at = { model: modelIn(folder).name }
  for (const each of milliseconds) record(measurements, at, 'window for a second', each / stepSeconds, 'ms')
  record(measurements, at, 'memory of a window', peakBytes / 1e6, 'MB')
}

async function measureSong(folder: string, { file, lyrics, onsets }: BenchSong): Promise<void> {
  const task: WholeTask = { file, lyrics, threads: 1, runs: 1, model: folder }
  const { reply } = await runChild<WholeReply>('whole', task)
  checkOnsets(reply.starts, onsets)
  const at = { model: modelIn(folder).name }
  record(measurements, at, 'song', reply.seconds[0]!, 's')
  record(measurements, at, 'peak memory', reply.peakBytes / 1e6, 'MB')
}

/** Those of the vector units, as Linux lists them. */
function instructions(): string {
  const file = '/proc/cpuinfo'
  if (!existsSync(file)) return 'not known on this system'
  const flags = /^flags\s*:(.*)$/m.exec(readFileSync(file, 'utf8'))?.[1]?.trim().split(/\s+/) ?? []
  const seen = ['avx2', 'avx512f', 'avx_vnni', 'avx512_vnni', 'amx_int8'].filter((flag) =>
    flags.includes(flag),
  )
  return seen.join(', ') || 'none of AVX2, AVX-512 and VNNI'
}
