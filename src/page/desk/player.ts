import { computed, effect, signal } from '@preact/signals'
import type { Span } from '../../types.ts'

export const SPEEDS = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5] as const
/** A loop begins that much before its line and goes on a little after it, seconds. */
const LEAD = 1
const TAIL = 0.3

export type Player = ReturnType<typeof createPlayer>

/** Plays the recording; says where it is at every frame while it plays. Times are seconds. */
export function createPlayer() {
  const audio = document.createElement('audio')
  audio.preload = 'auto'
  audio.preservesPitch = true
  const time = signal(0)
  const playing = signal(false)
  const speed = signal(1)
  const source = signal<Blob | undefined>(undefined)
  const loop = signal<Span | undefined>(undefined)
  let url: string | undefined

  effect(() => {
    if (url) URL.revokeObjectURL(url)
    url = source.value && URL.createObjectURL(source.value)
    if (url) audio.src = url
    else audio.removeAttribute('src')
    time.value = 0
    playing.value = false
  })
  effect(() => {
    audio.defaultPlaybackRate = speed.value
    audio.playbackRate = speed.value
  })

  function tick(): void {
    const round = loop.peek()
    if (round && !audio.paused && audio.currentTime >= round.end + TAIL) audio.currentTime = leadOf(round)
    time.value = audio.currentTime
    if (!audio.paused) requestAnimationFrame(tick)
  }

  audio.addEventListener('play', () => {
    playing.value = true
    requestAnimationFrame(tick)
  })
  audio.addEventListener('pause', () => {
    playing.value = false
  })
  audio.addEventListener('seeking', () => {
    time.value = audio.currentTime
  })

  async function play(): Promise<void> {
    if (!source.peek()) return
    try {
      await audio.play()
    } catch (error) {
      // A pause that comes before it has begun is no fault.
      if (!(error instanceof DOMException && error.name === 'AbortError')) throw error
    }
  }

  return {
    audio,
    time,
    playing: computed(() => playing.value),
    speed,
    source,
    loop,
    ready: computed(() => source.value !== undefined),
    play,
    pause: () => audio.pause(),
    toggle: () => (audio.paused ? play() : audio.pause()),
    seek(to: number): void {
      audio.currentTime = Math.max(0, to)
      time.value = audio.currentTime
    },
    /** Plays a span with its lead, again and again. */
    playLoop(span: Span): Promise<void> {
      loop.value = span
      audio.currentTime = leadOf(span)
      return play()
    },
    changeSpeed(step: 1 | -1): void {
      const at = (SPEEDS as readonly number[]).indexOf(speed.peek())
      speed.value = SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at + step))]!
    },
  }
}

function leadOf({ start }: Span): number {
  return Math.max(0, start - LEAD)
}
