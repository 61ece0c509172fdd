import type { LineStatus } from '../../index.ts'
import type { MeasuredLine, SongResult } from './measure.ts'
import { of } from './report.ts'
import { picture, pixel, text } from './svg.ts'

/** One colour for each status, also where colours are hard to tell apart. */
export const COLOURS: Record<LineStatus, string> = {
  aligned: '#0a7d5a',
  suspect: '#d1495b',
  unsung: '#c58a1b',
  interpolated: '#8d6bb8',
  marker: '#8a8f98',
  blank: '#8a8f98',
}

// Pixels of a panel: its frame, and the room around it for title and scales.
const WIDTH = 360
const HEIGHT = 110
const MARGIN = { top: 34, right: 24, bottom: 26, left: 40 }
const COLUMNS = 2
const HEAD = 46
/** Errors beyond this are drawn at the edge, seconds. */
const LIMIT = 5

/** The onset error of every line over the time of its song, one panel a song, as an SVG picture. */
export function plot(songs: readonly SongResult[], title: string): string {
  const cell = { width: WIDTH + MARGIN.left + MARGIN.right, height: HEIGHT + MARGIN.top + MARGIN.bottom }
  const columns = Math.min(COLUMNS, songs.length)
  const width = Math.max(columns * cell.width, 520)
  const height = HEAD + Math.ceil(songs.length / columns) * cell.height
  const panels = songs.map((song, i) => {
    const x = (i % columns) * cell.width + MARGIN.left
    const y = HEAD + Math.floor(i / columns) * cell.height + MARGIN.top
    return `<g transform="translate(${x} ${y})">\n${panel(song)}\n</g>`
  })
  const heading = text(12, 20, title, 'font-size="14" font-weight="600"')
  return picture(width, height, [heading, legend(), ...panels])
}

function legend(): string {
  const shown = ['aligned', 'suspect', 'interpolated'] as const
  const keys = shown.map(
    (status, i) => `${dot(18 + i * 90, 36, status)}${text(26 + i * 90, 40, status, 'fill="#444"')}`,
  )
  const note = `onset error in seconds, + is late; beyond ±${LIMIT} s at the edge`
  return [...keys, text(296, 40, note, 'fill="#777"')].join('\n')
}

function panel({ name, lines, trust, duration, measured }: SongResult): string {
  const within = `${of(trust.within1s, trust.lines)} of ${trust.lines} lines within 1 s, mean ${lines.mean.toFixed(2)} s`
  return [
    text(0, -18, name, 'font-weight="600"'),
    text(0, -5, within, 'fill="#777"'),
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#f6f7f9"/>`,
    `<rect y="${y(1)}" width="${WIDTH}" height="${y(-1) - y(1)}" fill="#e4f2ec"/>`,
    ...[-LIMIT, 0, LIMIT].map(level),
    ...minutes(duration).map((minute) => minuteMark(minute, duration)),
    ...measured.map((line) => mark(line, duration)),
  ].join('\n')
}

function level(seconds: number): string {
  const line = `<line x2="${WIDTH}" y1="${y(seconds)}" y2="${y(seconds)}" stroke="#c9cdd3"/>`
  const sign = seconds > 0 ? '+' : seconds < 0 ? '−' : ''
  return line + text(-6, y(seconds) + 4, `${sign}${Math.abs(seconds)}`, 'text-anchor="end" fill="#777"')
}

function minuteMark(minute: number, duration: number): string {
  const at = x(minute * 60, duration)
  return text(at, HEIGHT + 14, `${minute}:00`, 'text-anchor="middle" fill="#777"')
}

function mark({ start, error, status }: MeasuredLine, duration: number): string {
  return error === null ? '' : dot(x(start, duration), y(error), status)
}

function dot(cx: number, cy: number, status: LineStatus): string {
  return `<circle cx="${pixel(cx)}" cy="${pixel(cy)}" r="3" fill="${COLOURS[status]}" fill-opacity="0.8"/>`
}

function minutes(duration: number): number[] {
  return Array.from({ length: Math.floor(duration / 60) + 1 }, (_, minute) => minute)
}

function x(seconds: number, duration: number): number {
  return (WIDTH * seconds) / duration
}

function y(error: number): number {
  const clipped = Math.max(-LIMIT, Math.min(LIMIT, error))
  return pixel((HEIGHT / 2) * (1 - clipped / LIMIT))
}
