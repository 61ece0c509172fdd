import { effect } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import WaveSurfer from 'wavesurfer.js'
import RegionsPlugin, { type Region } from 'wavesurfer.js/plugins/regions'
import type { Desk } from '../desk/desk.ts'
import type { Player } from '../desk/player.ts'
import { Failure } from '../io/failure.ts'
import { type Peaks, peaksOf } from '../io/sound.ts'
import { moveEdge, moveTo, moveUnitEdge } from '../song/edits.ts'
import { type Song, type Sung, statusOf } from '../song/song.ts'
import { t } from '../words/words.ts'
import { useApp } from './app-context.ts'

const HEIGHT = 112
/** Shorter changes are rounding of pixels, seconds. */
const STILL = 0.0005

/** The recording as a waveform, its lines as regions that can be dragged. */
export function Waveform({ file }: { file: File }) {
  const { session, desk, player } = useApp()
  const box = useRef<HTMLDivElement>(null)
  const [state, setState] = useState<'loading' | 'ready' | 'none'>('loading')

  useEffect(() => {
    let isGone = false
    let end: (() => void) | undefined
    setState('loading')
    peaksOf(file)
      .then((peaks) => {
        if (isGone) return
        end = draw(box.current!, peaks, desk, player)
        setState('ready')
      })
      .catch((error: unknown) => {
        if (!(error instanceof Failure)) throw error
        session.trouble.value = error
        setState('none')
      })
    return () => {
      isGone = true
      end?.()
    }
  }, [file])

  return (
    <section class={`waveform ${state}`} aria-label={t('waveform')} onWheel={zoomed(desk)}>
      <div ref={box} class="waveform-box" />
      {state === 'loading' && (
        <p class="waveform-note" role="status">
          {t('loadingWaveform')}
        </p>
      )}
    </section>
  )
}

function zoomed(desk: Desk) {
  return (event: WheelEvent) => {
    if (!event.ctrlKey && !event.altKey) return
    event.preventDefault()
    desk.actions[event.deltaY < 0 ? 'zoomIn' : 'zoomOut']()
  }
}

function draw(container: HTMLElement, peaks: Peaks, desk: Desk, player: Player): () => void {
  const regions = RegionsPlugin.create()
  const colours = () => ({
    waveColor: colourOf(container, '--wave'),
    progressColor: colourOf(container, '--wave-past'),
    cursorColor: colourOf(container, '--cursor'),
  })
  const wave = WaveSurfer.create({
    container,
    height: HEIGHT,
    media: player.audio,
    peaks: [peaks.values],
    duration: peaks.duration,
    minPxPerSec: desk.pixelsPerSecond.peek(),
    autoScroll: true,
    autoCenter: false,
    cursorWidth: 2,
    normalize: true,
    plugins: [regions],
    ...colours(),
  })

  // It scrolls, so that it has to be reached by the keyboard.
  const scroller = wave.getWrapper().parentElement!
  scroller.tabIndex = 0
  scroller.setAttribute('role', 'group')
  scroller.setAttribute('aria-label', t('waveform'))

  const drawn = new Map<string, Region>()
  let isReady = false

  function put(key: string, wanted: Wanted): void {
    const known = drawn.get(key)
    if (known?.element) {
      if (Math.abs(known.start - wanted.start) > STILL || Math.abs(known.end - wanted.end) > STILL) {
        known.setOptions({ start: wanted.start, end: wanted.end })
      }
    }
    const region =
      known ??
      regions.addRegion({ id: key, minLength: 0.02, ...wanted.region, start: wanted.start, end: wanted.end })
    if (!known) drawn.set(key, region)
    look(region, wanted)
  }

  function sync(song: Song | undefined, chosenId: number | null, word: number | null): void {
    if (!isReady) return
    const wanted = new Map<string, Wanted>()
    const texts = new Map(song?.lines.map(({ id, text }) => [id, text]))
    for (const [i, extra] of (song?.extra ?? []).entries()) {
      wanted.set(`extra ${i}`, {
        ...extra,
        status: 'extra',
        title: t('extraSinging'),
        region: { drag: false, resize: false },
      })
    }
    for (const sung of song?.sung ?? [])
      wanted.set(`line ${sung.id}`, wantedOf(sung, texts.get(sung.line) ?? '', sung.id === chosenId))
    const chosen = word === null ? undefined : song?.sung.find(({ id }) => id === chosenId)
    for (const [i, unit] of (chosen?.units ?? []).entries()) {
      const status = i === word ? 'word chosen' : 'word'
      wanted.set(`word ${chosen!.id} ${i}`, {
        start: unit.start,
        end: unit.end,
        status,
        title: unit.text,
        region: { drag: false, content: unit.text },
      })
    }
    for (const [key, region] of drawn) {
      if (wanted.has(key)) continue
      region.remove()
      drawn.delete(key)
    }
    for (const [key, each] of wanted) put(key, each)
  }

  regions.on('region-clicked', (region, event) => {
    const [kind, id, unit] = region.id.split(' ')
    if (kind === 'extra') return
    event.stopPropagation()
    const sung = desk.song.peek()?.sung.find((each) => each.id === Number(id))
    if (!sung) return
    desk.choose({ line: sung.line, sung: sung.id })
    if (kind === 'word') desk.unit.value = Number(unit)
    const { left, width } = region.element!.getBoundingClientRect()
    const share = (event.clientX - left) / Math.max(1, width)
    player.seek(region.start + share * (region.end - region.start))
  })
  regions.on('region-updated', (region, side) => {
    const [kind, id, unit] = region.id.split(' ')
    const sung = desk.song.peek()?.sung.find((each) => each.id === Number(id))
    if (!sung) return
    desk.choose({ line: sung.line, sung: sung.id })
    if (kind === 'word') {
      const edge = side ?? 'start'
      desk.unit.value = Number(unit)
      desk.edit((song) => moveUnitEdge(song, sung.id, Number(unit), edge, region[edge]))
    } else if (side) {
      desk.edit((song) => moveEdge(song, sung.id, side, region[side]))
    } else {
      desk.edit((song) => moveTo(song, sung.id, region.start))
    }
    // Where it may not go, it goes back.
    sync(desk.song.peek(), desk.sungId.peek(), desk.unit.peek())
  })
  wave.on('interaction', () => {
    player.time.value = player.audio.currentTime
  })
  wave.on('ready', () => {
    isReady = true
    sync(desk.song.peek(), desk.sungId.peek(), desk.unit.peek())
  })

  const ends = [
    effect(() => sync(desk.song.value, desk.sungId.value, desk.unit.value)),
    effect(() => {
      const pixels = desk.pixelsPerSecond.value
      if (isReady) wave.zoom(pixels)
    }),
    effect(() => {
      const chosen = desk.chosen.value
      if (!chosen || !isReady || player.playing.peek()) return
      const from = wave.getScroll() / desk.pixelsPerSecond.peek()
      const seconds = wave.getWidth() / desk.pixelsPerSecond.peek()
      if (chosen.start < from || chosen.end > from + seconds)
        wave.setScrollTime(Math.max(0, chosen.start - 1))
    }),
  ]
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const recolour = () => wave.setOptions(colours())
  dark.addEventListener('change', recolour)

  return () => {
    for (const end of ends) end()
    dark.removeEventListener('change', recolour)
    wave.destroy()
  }
}

/** A colour of the style sheet as a canvas takes it: the one for dark or light that holds now. */
function colourOf(container: HTMLElement, name: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${name})`
  container.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

type Wanted = {
  start: number
  end: number
  status: string
  title: string
  region: { drag?: boolean; resize?: boolean; content?: string }
}

function wantedOf(sung: Sung, text: string, isChosen: boolean): Wanted {
  const status = sung.confirmed ? 'confirmed' : statusOf(sung)
  return {
    start: sung.start,
    end: sung.end,
    status: isChosen ? `${status} chosen` : status,
    title: text,
    region: { content: text },
  }
}

/** Regions live in a shadow tree: the page styles them by the names of their parts. */
function look(region: Region, { status, title }: Wanted): void {
  const { element } = region
  if (!element) return
  const part = `region ${status}`
  if (element.getAttribute('part') !== part) element.setAttribute('part', part)
  if (element.title !== title) element.title = title
  const [label] = element.querySelectorAll('[part~="region-content"]')
  if (label && label.textContent !== title && !status.startsWith('extra')) label.textContent = title
}
