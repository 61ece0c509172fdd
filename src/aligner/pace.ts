/** Work in progress; end it exactly once. */
type Work = {
  /** @param audioSeconds what was worked through; not given where the work says nothing of the pace */
  end(audioSeconds?: number): void
}

/** How fast work goes, learnt from what has finished. */
export type Pace = {
  begin(audioSeconds: number): Work
  /**
   * Seconds until a new piece of work could begin; null until some has finished.
   * @param waiting seconds of audio of each piece that stands before it, in order
   * @param unknown pieces before it whose length is not known: they count as the mean of those that finished
   * @param running places that are held
   */
  expectedWait(waiting: readonly number[], unknown: number, running: number): number | null
}

// What a finished piece of work still counts when one more has finished: the latest ten or so make the pace.
const FADING = 0.8

/** @param now a clock, seconds */
export function createPace(places: number, now = () => performance.now() / 1000): Pace {
  const running = new Map<Work, { audioSeconds: number; since: number }>()
  let work = 0 // seconds, of the finished pieces, the older ones faded
  let audio = 0
  let pieces = 0

  function begin(audioSeconds: number): Work {
    const since = now()
    const piece: Work = {
      end(finished) {
        running.delete(piece)
        if (finished === undefined) return
        work = work * FADING + now() - since
        audio = audio * FADING + finished
        pieces = pieces * FADING + 1
      },
    }
    running.set(piece, { audioSeconds, since })
    return piece
  }

  function expectedWait(waiting: readonly number[], unknown: number, held: number): number | null {
    if (pieces === 0) return null
    const rate = work / Math.max(audio, Number.EPSILON)
    // When each place is free, counted from now; a place that is held but has not begun yet has all its time before it.
    const free = new Array<number>(places - held).fill(0)
    for (const { audioSeconds, since } of running.values()) {
      free.push(Math.max(0, audioSeconds * rate - (now() - since)))
    }
    while (free.length < places) free.push(work / pieces)
    for (const seconds of [...waiting, ...new Array<number>(unknown).fill(audio / pieces)]) {
      const first = free.indexOf(Math.min(...free))
      free[first]! += seconds * rate
    }
    return Math.min(...free)
  }

  return { begin, expectedWait }
}
