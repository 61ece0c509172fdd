/** Aligns one recording with SoundSwallower, which is found in the folder of the task. Prints words as [start, end, text]. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readAudio } from '../../src/audio/read.ts'
import type { TimedText } from '../../src/cli/evaluate/score.ts'
import { replyWith, taskOf } from '../figures/child.ts'

export type SoundSwallowerTask = { folder: string; audio: string; lyrics: string; language: string }

/** What is used of its interface; w are the words: t text, b start, d duration, seconds. */
type Decoder = {
  initialize(): Promise<void>
  lookup_word(word: string): string | null
  set_align_text(text: string): void
  start(): void
  process_audio(samples: Float32Array, noSearch: boolean, fullUtterance: boolean): number
  stop(): void
  get_alignment(): { w: { t: string; b: number; d: number }[] }
}
type Factory = (module: object) => Promise<{ Decoder: new (options: object) => Decoder }>

const MODELS: Record<string, string> = { en: 'en-us', fr: 'fr-fr' }
const RATE = 16_000
// With its defaults, made for short commands, it loses every path through a song.
const WIDE_BEAMS = { beam: 1e-100, wbeam: 1e-100, pbeam: 1e-100 }

const task = taskOf<SoundSwallowerTask>()
const require = createRequire(join(task.folder, 'package.json'))
const library = require.resolve('soundswallower')
const { default: create }: { default: Factory } = await import(pathToFileURL(library).href)
const modelBase = `${join(dirname(library), 'model')}/`
const { Decoder } = await create({ defaultModel: MODELS[task.language]!, modelBase })
const decoder = new Decoder({ samprate: RATE, loglevel: 'FATAL', ...WIDE_BEAMS })
await decoder.initialize()

const words = task.lyrics.split(/\s+/).filter((word) => word !== '')
const spoken = words.map((word) => word.toLowerCase().replace(/[^\p{L}\p{N}']/gu, ''))
const known = spoken.map((word) => word !== '' && decoder.lookup_word(word) !== null)
decoder.set_align_text(spoken.filter((_, i) => known[i]).join(' '))
const { samples } = await readAudio(await readFile(task.audio), { sampleRate: RATE, maxSeconds: 3600 })
decoder.start()
decoder.process_audio(samples, false, true)
decoder.stop()
const { w } = decoder.get_alignment()
if (w.length === 0) throw new Error('SoundSwallower found no path through the recording')
replyWith({ words: place(w) })

/** A word that its dictionary lacks takes no time, where the one before it ends. */
function place(found: { t: string; b: number; d: number }[]): TimedText[] {
  const heard = found.filter(({ t }) => !/^[<[(]/.test(t))
  let next = 0
  let end = 0
  return words.map((word, i) => {
    const at = known[i] ? heard[next++] : undefined
    const start = at ? at.b : end
    if (at) end = at.b + at.d
    return [start, end, word]
  })
}
