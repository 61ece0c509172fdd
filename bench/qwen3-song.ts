/** The song that bench/qwen3.ts measures, and what is measured of it. */

/** A song of windows of 30 s, as refine() cuts it. */
export const WINDOW_SECONDS = 30
/** In each: 400 in four minutes. */
export const UNITS = 50

export type Converted = { seconds: number; peakMegabytes: number }
/** Sums over the windows of a song, seconds. */
export type Aligned = {
  loadSeconds: number
  encodeSeconds: number
  decodeSeconds: number
  cpuSeconds: number
  /** Other lyrics to the same audio. */
  again: { seconds: number; cpuSeconds: number }
  gemmGigaflops: number
  /** Of one window. */
  tokens: number
}
