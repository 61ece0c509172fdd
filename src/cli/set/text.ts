import { relative } from 'node:path'

// Names of files may hold what a terminal obeys.
const CONTROLS = /\p{Cc}/gu

export function printable(text: string): string {
  return text.replace(CONTROLS, '\ufffd')
}

/** A path as people would write it from here. */
export function pathFromHere(path: string): string {
  const inside = relative(process.cwd(), path)
  return printable(inside === '' || inside.startsWith('..') ? path : inside)
}

/** Minutes and seconds, and hours where there are any. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const rest = String(whole % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}
