/** A word or line of a text with its time, seconds. */
export type TimedText = [start: number, end: number, text: string]

/** A song timed by people. `words` may hold the whole line as one, or nothing, where only lines were timed. */
export type Reference = {
  set: string
  lines: { text: string; start: number; end: number; words: TimedText[] }[]
}

/** What is compared with a reference: words in their order, or lines by index where there are none. */
export type Prediction = { words?: TimedText[]; lines?: TimedText[] }

/** Onset errors in seconds: their absolute mean and median, and the shares of at most 0.3 s and 1 s. */
export type Figures = { mean: number; median: number; within300ms: number; within1s: number }

export type Score = {
  /** Undefined where the reference has no times of words. */
  words: Figures | undefined
  lines: Figures
  /** Predicted minus true onset of every line, seconds; null for a line whose first word holds no letter. */
  lineErrors: (number | null)[]
  /** Letters of the reference minus letters of the prediction: other than 0, words were mapped wrongly. */
  lettersMissing: number
}

/** A song whose lines are off by more than this on average, seconds, counts as lost. */
const LOST_FROM = 5

/**
 * Scores one song. Words are mapped by counting letters, so that both sides may cut them differently; lines by their
 * index where the prediction has no words.
 */
export function score({ lines }: Reference, prediction: Prediction): Score {
  if (!prediction.words?.length) {
    const lineErrors = lines.map(({ start }, i) => prediction.lines![i]![0] - start)
    return { words: undefined, lines: figuresOf(lineErrors), lineErrors, lettersMissing: 0 }
  }
  const onsets = prediction.words.flatMap(letterOnsets)
  const wordErrors: number[] = []
  const lineErrors: (number | null)[] = []
  let letter = 0
  for (const { words } of lines) {
    let first: number | null = null
    words.forEach(([start, , text], i) => {
      const count = lettersOf(text).length
      if (count === 0) return
      const error = onsets[Math.min(letter, onsets.length - 1)]! - start
      letter += count
      wordErrors.push(error)
      if (i === 0) first = error
    })
    lineErrors.push(first)
  }
  const known = lineErrors.filter((error) => error !== null)
  return {
    words: wordErrors.length > known.length ? figuresOf(wordErrors) : undefined,
    lines: figuresOf(known),
    lineErrors,
    lettersMissing: letter - onsets.length,
  }
}

export function figuresOf(errors: readonly number[]): Figures {
  const sorted = errors.map(Math.abs).sort((a, b) => a - b)
  const middle = sorted.length / 2
  return {
    mean: mean(sorted),
    median: (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2,
    within300ms: shareWithin(sorted, 0.3),
    within1s: shareWithin(sorted, 1),
  }
}

/** The mean of each figure over songs. */
export function meanFigures(songs: readonly Figures[]): Figures {
  const over = (key: keyof Figures) => mean(songs.map((figures) => figures[key]))
  return {
    mean: over('mean'),
    median: over('median'),
    within300ms: over('within300ms'),
    within1s: over('within1s'),
  }
}

export function isLost({ lines }: { lines: Figures }): boolean {
  return lines.mean > LOST_FROM
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The letters and digits of a text, without accents, in lower case. */
export function lettersOf(text: string): string[] {
  return [...text.toLowerCase().normalize('NFKD')].filter((character) => /[\p{L}\p{N}]/u.test(character))
}

/** Letters share the time of their word equally. */
function letterOnsets([start, end, text]: TimedText): number[] {
  const { length } = lettersOf(text)
  return Array.from({ length }, (_, k) => start + ((end - start) * k) / length)
}

function shareWithin(errors: readonly number[], limit: number): number {
  return errors.filter((error) => error <= limit).length / errors.length
}
