import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AlignError } from '../../index.ts'
import type { Reference } from './score.ts'

/** A recording with its lyrics and the times that people gave them. */
export type Song = { name: string; audio: string; lyrics: string; reference: Reference }

const AUDIO = /\.(mp3|ogg|oga|opus|wav|flac|aiff?|m4a|aac)$/i

/**
 * Reads a folder of songs: NAME.txt, NAME.json and the recording NAME.mp3 (or .ogg, .wav, .flac, ...), by name.
 * @throws AlignError CONFIG_INVALID where something is missing or does not fit together
 */
export function readSongs(folder: string): Song[] {
  const names = list(folder)
  const songs = names.filter((name) => name.endsWith('.json')).map((file) => file.slice(0, -'.json'.length))
  const complete = songs.filter((name) => names.includes(`${name}.txt`))
  if (complete.length === 0) {
    throw invalid(
      `Expected songs in ${folder} (NAME.mp3 or another recording, NAME.txt, NAME.json), got ${names.length} other files`,
    )
  }
  return complete.sort().map((name) => readSong(folder, name, names))
}

function readSong(folder: string, name: string, names: readonly string[]): Song {
  const audio = names.find((file) => file.replace(AUDIO, '') === name && AUDIO.test(file))
  if (!audio) throw invalid(`Expected a recording beside ${name}.txt in ${folder} (mp3, ogg, wav, flac, ...)`)
  const reference = readReference(join(folder, `${name}.json`))
  const lyrics = readFileSync(join(folder, `${name}.txt`), 'utf8')
  const lines = lyrics.split(/\r?\n/).filter((line) => line.trim() !== '')
  if (lines.length !== reference.lines.length) {
    throw invalid(
      `Expected as many lines in ${name}.txt as in ${name}.json (${reference.lines.length}), got ${lines.length}`,
    )
  }
  return { name, audio: join(folder, audio), lyrics, reference }
}

function readReference(file: string): Reference {
  const content: unknown = parseJson(file)
  if (!isReference(content)) {
    throw invalid(
      `Expected ${file} to be {set, lines: [{text, start, end, words: [[start, end, text], ...]}, ...]}, times in seconds`,
    )
  }
  return content
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw invalid(`Expected JSON in ${file}: ${cause instanceof Error ? cause.message : cause}`, cause)
  }
}

function isReference(value: unknown): value is Reference {
  const { set, lines } = (value ?? {}) as Partial<Reference>
  if (typeof set !== 'string' || !Array.isArray(lines) || lines.length === 0) return false
  return lines.every((line) => Number.isFinite(line.start) && Array.isArray(line.words))
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (cause) {
    throw invalid(
      `Expected a folder of songs at ${folder}: ${cause instanceof Error ? cause.message : cause}`,
      cause,
    )
  }
}

function invalid(message: string, cause?: unknown): AlignError {
  return new AlignError('CONFIG_INVALID', message, { cause })
}
