/** Looks after one piece of work. */
export type Watched = {
  /** It moved: the time begins anew. */
  progressed(): void
  end(): void
}

export type Watch = {
  /** @param onStuck called whenever there was no progress for so long, once until there is again */
  begin(onStuck: () => void): Watched
  /** Pieces of work that have made no progress for too long. */
  stuck(): number
}

// Time is counted in ticks of our own event loop: after a pause of the whole process nothing is taken for stuck.
const TICKS = 8

/** Tells work that takes long from work that stands still. */
export function createWatch(stuckSeconds: number): Watch {
  let stuck = 0

  function begin(onStuck: () => void): Watched {
    let ticks = 0
    const timer = setInterval(
      () => {
        if (++ticks !== TICKS + 1) return
        stuck++
        onStuck()
      },
      (stuckSeconds * 1000) / TICKS,
    )
    timer.unref()
    function progressed(): void {
      if (ticks > TICKS) stuck--
      ticks = 0
    }
    return {
      progressed,
      end() {
        progressed()
        clearInterval(timer)
      },
    }
  }

  return { begin, stuck: () => stuck }
}
