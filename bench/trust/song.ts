import { readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'

/** A song with known times, seconds. */
export type Song = {
  name: string
  audio: string
  language: string
  lines: { text: string; start: number; end: number }[]
}

const AUDIO = new Set(['.mp3', '.ogg', '.flac', '.wav', '.m4a', '.opus'])

/** Songs of a folder: NAME.json ({lang, lines: [{text, start, end}]}) beside NAME.mp3, .ogg, .flac, .wav, .opus or .m4a. */
export function readSongs(folder: string): Song[] {
  const files = readdirSync(folder).sort()
  const audioOf = new Map(
    files
      .filter((file) => AUDIO.has(extname(file)))
      .map((file) => [basename(file, extname(file)), join(folder, file)]),
  )
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file): Song => {
      const name = basename(file, '.json')
      const audio = audioOf.get(name)
      if (!audio) throw new Error(`Expected a recording beside ${file} in ${folder}, found none`)
      const { lang, lines } = JSON.parse(readFileSync(join(folder, file), 'utf8'))
      return { name, audio, language: lang, lines }
    })
}
