import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readAudio } from '../../src/audio/read.ts'
import { PROJECT } from '../figures/project.ts'
import { stereoWav } from './wav.ts'

/** A recording made for the bench, its lyrics, and when each line really starts (seconds). */
export type BenchSong = { file: string; codec: Codec; seconds: number; lyrics: string; onsets: number[] }

/** What recordings are encoded with, and the encoder of ffmpeg for it. */
const ENCODERS = {
  wav: ['pcm_s16le'],
  mp3: ['libmp3lame', '-b:a', '128k'],
  flac: ['flac'],
  ogg: ['libvorbis', '-q:a', '4'],
  opus: ['libopus', '-b:a', '96k'],
} as const
export type Codec = keyof typeof ENCODERS

const SPEECH = join(PROJECT, 'test', 'fixtures', 'speech', 'psalm-en')
const RATE = 44_100
const LONGEST_LOOP = 3600

/** A spoken psalm of the test fixtures: one turn of the loop. */
export type Turn = { seconds: number; lines: { text: string; start: number; end: number }[] }

/** Lines and onsets of a turn repeated until `seconds`; what would not end in time is left out. */
export function loopLines(
  { seconds: turn, lines }: Turn,
  seconds: number,
): { text: string; start: number }[] {
  const turns = Math.ceil(seconds / turn)
  return Array.from({ length: turns }, (_, k) =>
    lines.map(({ text, start, end }) => ({ text, start: start + k * turn, end: end + k * turn })),
  )
    .flat()
    .filter(({ end }) => end <= seconds)
}

/** Codecs that can be made here: all with ffmpeg, WAV and MP3 without it. */
export function codecs(): Codec[] {
  return hasFfmpeg() ? (Object.keys(ENCODERS) as Codec[]) : ['wav', 'mp3']
}

/**
 * Writes a recording of about `seconds` to a folder: the psalm over and over, 44.1 kHz stereo where ffmpeg is here.
 * Without it, MP3 is the psalm's own file (16 kHz mono) appended to itself, which MP3 allows.
 */
export async function makeSong(folder: string, seconds: number, codec: Codec): Promise<BenchSong> {
  const file = join(folder, `psalm-${seconds}.${codec}`)
  const turn =
    hasFfmpeg() || codec === 'wav'
      ? await encodeLoop(folder, file, seconds, codec)
      : await appendMp3(file, seconds)
  const lines = loopLines(turn, seconds)
  return {
    file,
    codec,
    seconds,
    lyrics: lines.map(({ text }) => text).join('\n'),
    onsets: lines.map(({ start }) => start),
  }
}

async function encodeLoop(folder: string, file: string, seconds: number, codec: Codec): Promise<Turn> {
  const samples = await decodeSpeech(speechBytes(), RATE)
  if (!hasFfmpeg()) {
    writeFileSync(file, stereoWav(samples, RATE, seconds))
  } else if (!existsSync(file)) {
    const unit = join(folder, 'turn.wav')
    writeFileSync(unit, stereoWav(samples, RATE, samples.length / RATE))
    const source = ['-stream_loop', '-1', '-t', String(seconds), '-i', unit]
    const quiet = ['-hide_banner', '-loglevel', 'error', '-y']
    execFileSync('ffmpeg', [...quiet, ...source, '-c:a', ...ENCODERS[codec], file], { stdio: 'pipe' })
  }
  return { seconds: samples.length / RATE, lines: speechLines() }
}

async function appendMp3(file: string, seconds: number): Promise<Turn> {
  const bytes = speechBytes()
  const once = await decodeSpeech(bytes, 16_000)
  const twice = await decodeSpeech(Buffer.concat([bytes, bytes]), 16_000)
  const turn = (twice.length - once.length) / 16_000
  const turns = Math.ceil(seconds / turn)
  writeFileSync(file, Buffer.concat(new Array(turns).fill(bytes)))
  return { seconds: turn, lines: speechLines() }
}

async function decodeSpeech(bytes: Uint8Array, sampleRate: number): Promise<Float32Array> {
  const { samples } = await readAudio(bytes, { sampleRate, maxSeconds: LONGEST_LOOP })
  return samples
}

function speechBytes(): Uint8Array {
  return readFileSync(`${SPEECH}.mp3`)
}

function speechLines(): Turn['lines'] {
  return JSON.parse(readFileSync(`${SPEECH}.json`, 'utf8')).lines
}

let ffmpeg: boolean | undefined

function hasFfmpeg(): boolean {
  if (ffmpeg !== undefined) return ffmpeg
  try {
    execFileSync('ffmpeg', ['-version'], { stdio: 'pipe' })
    ffmpeg = true
  } catch {
    ffmpeg = false
  }
  return ffmpeg
}
