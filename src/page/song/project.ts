import { Failure } from '../io/failure.ts'
import type { Song } from './song.ts'

const KIND = 'sow-align-project'
const VERSION = 1
const MOST_LINES = 20_000

/** A song with its times and what was confirmed, to go on another day. The recording is known by its hash. */
export type Project = {
  title: string
  lyrics: string
  language: string
  audio: { name: string; sha256: string | undefined }
  song: Song
}

export function projectText({ title, lyrics, language, audio, song }: Project): string {
  return `${JSON.stringify({ kind: KIND, version: VERSION, title, language, audio, lyrics, song }, null, 1)}\n`
}

/** Whether a JSON text means to be a project. */
export function isProject(text: string): boolean {
  return text.slice(0, 200).includes(`"${KIND}"`)
}

/** @throws Failure PROJECT_INVALID, saying what was expected */
export function readProject(text: string): Project {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new Failure('PROJECT_INVALID', 'expected JSON, got something else', { cause })
  }
  const root = object(value, 'a project')
  if (root.kind !== KIND) throw invalid('kind', KIND, root.kind)
  if (root.version !== VERSION) throw invalid('version', String(VERSION), root.version)
  const audio = object(root.audio, 'audio')
  return {
    title: textIn(root.title, 'title'),
    lyrics: textIn(root.lyrics, 'lyrics'),
    language: textIn(root.language, 'language'),
    audio: {
      name: textIn(audio.name, 'audio.name'),
      sha256: audio.sha256 === undefined ? undefined : textIn(audio.sha256, 'audio.sha256'),
    },
    song: songOf(root.song),
  }
}

const NOT_SUNG = ['unsung', 'interpolated', 'marker', 'blank'] as const
const SUNG = ['aligned', 'suspect'] as const
const LEVELS = ['good', 'mixed', 'unreliable'] as const
const ENGINES = ['ctc', 'qwen3'] as const

function songOf(value: unknown): Song {
  const song = object(value, 'song')
  const model = object(song.model, 'song.model')
  const verdict = object(song.verdict, 'song.verdict')
  const duration = number(song.duration, 'song.duration')
  const lines = list(song.lines, 'song.lines').map((each, i) => {
    const line = object(each, `song.lines[${i}]`)
    const at = `song.lines[${i}]`
    return {
      id: number(line.id, `${at}.id`),
      text: textIn(line.text, `${at}.text`),
      status: oneOf(NOT_SUNG, line.status, `${at}.status`),
      place: span(line.place, `${at}.place`),
      confidence: line.confidence === null ? null : number(line.confidence, `${at}.confidence`),
      confirmed: line.confirmed === true,
    }
  })
  const ids = new Set(lines.map(({ id }) => id))
  const sung = list(song.sung, 'song.sung').map((each, i) => {
    const at = `song.sung[${i}]`
    const one = object(each, at)
    const line = number(one.line, `${at}.line`)
    if (!ids.has(line)) throw invalid(`${at}.line`, 'the id of a line', line)
    const doubt = one.doubt === undefined ? undefined : object(one.doubt, `${at}.doubt`)
    return {
      id: number(one.id, `${at}.id`),
      line,
      isMain: one.isMain === true,
      ...span(one, at),
      units: list(one.units, `${at}.units`).map((unit, k) => {
        const given = object(unit, `${at}.units[${k}]`)
        return {
          text: textIn(given.text, `${at}.units[${k}].text`),
          ...span(given, `${at}.units[${k}]`),
          confidence: number(given.confidence, `${at}.units[${k}].confidence`),
        }
      }),
      confidence: number(one.confidence, `${at}.confidence`),
      status: oneOf(SUNG, one.status, `${at}.status`),
      ...(doubt && {
        doubt: {
          code: textIn(doubt.code, `${at}.doubt.code`) as never,
          message: textIn(doubt.message, `${at}.doubt.message`),
        },
      }),
      confirmed: one.confirmed === true,
    }
  })
  return {
    duration,
    language: textIn(song.language, 'song.language'),
    model: {
      name: textIn(model.name, 'song.model.name'),
      version: textIn(model.version, 'song.model.version'),
      engine: oneOf(ENGINES, model.engine, 'song.model.engine'),
    },
    verdict: {
      level: oneOf(LEVELS, verdict.level, 'song.verdict.level'),
      reasons: list(verdict.reasons, 'song.verdict.reasons').map((each) =>
        textIn(each, 'song.verdict.reasons'),
      ),
      confidence: number(verdict.confidence, 'song.verdict.confidence'),
      covered: verdict.covered === null ? null : number(verdict.covered, 'song.verdict.covered'),
      sung: number(verdict.sung, 'song.verdict.sung'),
    },
    lines,
    sung: sung.sort((a, b) => a.start - b.start),
    extra: list(song.extra, 'song.extra').map((each) => span(each, 'song.extra')),
    nextId: Math.max(0, ...lines.map(({ id }) => id), ...sung.map(({ id }) => id)) + 1,
  }
}

function invalid(where: string, expected: string, got: unknown): Failure {
  const shown = JSON.stringify(got)?.slice(0, 40) ?? 'nothing'
  return new Failure('PROJECT_INVALID', `${where}: expected ${expected}, got ${shown}`)
}

function object(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw invalid(where, 'an object', value)
}

function list(value: unknown, where: string): unknown[] {
  if (Array.isArray(value) && value.length <= MOST_LINES) return value
  throw invalid(where, `a list of at most ${MOST_LINES}`, Array.isArray(value) ? value.length : value)
}

function textIn(value: unknown, where: string): string {
  if (typeof value === 'string') return value
  throw invalid(where, 'a text', value)
}

function number(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw invalid(where, 'a number of 0 or more', value)
}

function span(value: unknown, where: string): { start: number; end: number } {
  const { start, end } = object(value, where)
  const found = { start: number(start, `${where}.start`), end: number(end, `${where}.end`) }
  if (found.end < found.start) throw invalid(`${where}.end`, `${found.start} or more`, found.end)
  return found
}

function oneOf<const T extends readonly string[]>(words: T, value: unknown, where: string): T[number] {
  if (typeof value === 'string' && words.includes(value)) return value
  throw invalid(where, words.join(', '), value)
}
