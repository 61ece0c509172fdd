/** `1:02.3` of seconds. */
export function clock(seconds: number): string {
  const tenths = Math.round(seconds * 10)
  return `${Math.floor(tenths / 600)}:${((tenths % 600) / 10).toFixed(1).padStart(4, '0')}`
}

/** `1:02.345` of seconds. */
export function exactClock(seconds: number): string {
  const ms = Math.round(seconds * 1000)
  return `${Math.floor(ms / 60_000)}:${((ms % 60_000) / 1000).toFixed(3).padStart(6, '0')}`
}

/** Seconds of `1:02.345`, `62.345` or `62`; undefined where it is no time. */
export function secondsOf(text: string): number | undefined {
  const found = /^\s*(?:(\d{1,3}):)?(\d{1,5}(?:[.,]\d{1,6})?)\s*$/.exec(text)
  return found ? Number(found[1] ?? 0) * 60 + Number(found[2]!.replace(',', '.')) : undefined
}
