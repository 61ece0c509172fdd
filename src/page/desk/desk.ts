import { batch, computed, effect, signal } from '@preact/signals'
import type { Layout } from '../../format/layout.ts'
import { download } from '../io/download.ts'
import { Failure } from '../io/failure.ts'
import type { Service } from '../io/service.ts'
import {
  confirm,
  confirmUnsung,
  type Edge,
  insertLine,
  joinWithNext,
  markUnsung,
  moveEdge,
  moveUnitEdge,
  removeLine,
  setText,
  shift,
  singAt,
  splitLine,
  tapStart,
} from '../song/edits.ts'
import { neighbourhoodOf, type Trusted, withAnswer } from '../song/neighbourhood.ts'
import { doubtfulOf, nextDoubtful, sungAt } from '../song/review.ts'
import { mainOf, type Song, type SongLine, type Sung } from '../song/song.ts'
import { unitAt } from '../song/units.ts'
import { t } from '../words/words.ts'
import { projectName, projectOf } from './export.ts'
import type { Command } from './keys.ts'
import type { Player } from './player.ts'
import type { Session } from './session.ts'

/** A row of the list: a line, and the singing that it shows. */
export type Row = { key: string; line: SongLine; sung: Sung | undefined; times: number }

/** What is open over the desk. */
export type Panel = 'keys' | 'shift' | 'export' | 'karaoke' | undefined

/** Pixels of the waveform for a second. */
const ZOOMS = [10, 20, 40, 70, 100, 150, 220, 320, 480]
const SMALL_STEP = 0.01
const LARGE_STEP = 0.1
/** A word that is sung again goes on at most that long after its line, seconds. */
const AFTERGLOW = 1.5

export type Desk = ReturnType<typeof createDesk>

/** The present song under work: what is chosen, what is sung now, and everything that can be done. */
export function createDesk(session: Session, player: Player, service: Service) {
  const layout = signal<Layout>('written')
  const line = signal<number | null>(null)
  const sungId = signal<number | null>(null)
  /** The chosen word; null where whole lines are under work. */
  const unit = signal<number | null>(null)
  const looping = signal(false)
  const tapping = signal(false)
  const following = signal(true)
  const zoom = signal(4)
  const panel = signal<Panel>(undefined)
  const realigning = signal(0)
  /** Said to everyone for a moment: `count` tells two equal ones apart. */
  const notice = signal({ text: '', count: 0 })
  /** Asks the field of the text to take the focus. */
  const editAsked = signal(false)

  const song = computed(() => session.current.value.song.value)
  const chosen = computed(() => song.value?.sung.find(({ id }) => id === sungId.value))
  const chosenLine = computed(() => song.value?.lines.find(({ id }) => id === line.value))
  const rows = computed(() => (song.value ? rowsOf(song.value, layout.value) : []))
  const doubtful = computed(() => (song.value ? doubtfulOf(song.value) : []))
  /** What is heard now; undefined between lines. */
  const now = computed(() => {
    const heard = song.value && sungAt(song.value.sung, player.time.value)
    return heard && player.time.value <= heard.end + AFTERGLOW ? heard : undefined
  })
  const nowId = computed(() => now.value?.id)
  const nowLine = computed(() => now.value?.line)
  const nowUnit = computed(() => (now.value ? unitAt(now.value.units, player.time.value) : -1))

  function say(text: string): void {
    notice.value = { text, count: notice.peek().count + 1 }
  }

  // Another song has other lines.
  let songOnDesk = ''
  effect(() => {
    const { id } = session.current.value
    if (id === songOnDesk) return
    songOnDesk = id
    batch(() => {
      line.value = null
      sungId.value = null
      unit.value = null
      looping.value = false
      tapping.value = false
      panel.value = undefined
      player.pause()
    })
  })
  // What is chosen may be gone after an edit or an undo.
  effect(() => {
    const present = song.value
    if (!present) return
    if (line.peek() !== null && !present.lines.some(({ id }) => id === line.peek())) line.value = null
    if (sungId.peek() !== null && !present.sung.some(({ id }) => id === sungId.peek())) {
      const other = line.peek() === null ? undefined : mainOf(present, line.peek()!)
      sungId.value = other?.id ?? null
    }
    const units = present.sung.find(({ id }) => id === sungId.peek())?.units.length ?? 0
    if (unit.peek() !== null && unit.peek()! >= units) unit.value = units > 0 ? units - 1 : null
  })
  effect(() => {
    const round = looping.value ? chosen.value : undefined
    player.loop.value = round && { start: round.start, end: round.end }
  })
  // Who listens on follows again.
  effect(() => {
    if (player.playing.value) following.value = true
  })

  function choose(to: { line: number; sung: number | null }): void {
    batch(() => {
      line.value = to.line
      sungId.value = to.sung ?? mainOf(song.peek()!, to.line)?.id ?? null
      if (unit.peek() !== null) unit.value = chosen.peek()?.units.length ? 0 : null
      session.current.peek().endRun()
    })
  }

  /** Chooses, and goes there with the cursor. */
  function visit(to: { line: number; sung: number | null }): void {
    choose(to)
    const at = chosen.peek()?.start ?? chosenLine.peek()?.place.start
    if (at !== undefined && !tapping.peek()) player.seek(at)
  }

  function edit(change: (song: Song) => Song, mark?: string): boolean {
    return session.current.peek().edit(change, mark)
  }

  function stepRow(step: 1 | -1): void {
    const all = rows.peek()
    const at = all.findIndex(
      (row) => row.line.id === line.peek() && (layout.peek() === 'written' || row.sung?.id === sungId.peek()),
    )
    const to =
      all[Math.max(0, Math.min(all.length - 1, at < 0 ? (step === 1 ? 0 : all.length - 1) : at + step))]
    if (to) visit({ line: to.line.id, sung: to.sung?.id ?? null })
  }

  function goDoubtful(step: 1 | -1): void {
    const found = song.peek() && nextDoubtful(song.peek()!, chosenNow(), step)
    if (!found) {
      say(t('said_nothingDoubtful'))
      return
    }
    choose(found)
    looping.value = true
    listen()
  }

  /** Plays what is chosen, again and again; a line that was not heard once, from the place where it stands. */
  function listen(): void {
    const round = chosen.peek()
    const at = round?.start ?? chosenLine.peek()?.place.start
    if (round && player.ready.peek()) void player.playLoop(round)
    else if (at !== undefined) {
      player.seek(Math.max(0, at - 1))
      void player.play()
    }
  }

  const chosenNow = () => ({ line: line.peek(), sung: sungId.peek() })

  function confirmChosen(): void {
    const at = chosenNow()
    const { line: lineId, sung: id } = at
    if (lineId === null) {
      goDoubtful(1)
      return
    }
    const wasDoubtful = doubtful.peek().some((each) => each.line === lineId && each.sung === id)
    const next = nextDoubtful(song.peek()!, at, 1)
    edit((each) => (id === null ? confirmUnsung(each, lineId) : confirm(each, id)))
    const left = doubtful.peek().length
    if (left === 0) {
      looping.value = false
      say(t('said_allConfirmed'))
    } else {
      say(t('said_confirmed', { left }))
      if (wasDoubtful && next) {
        choose(next)
        listen()
      }
    }
  }

  function nudge(edge: Edge, by: number): void {
    const each = chosen.peek()
    if (!each) return
    const word = unit.peek()
    const from = word === null ? each[edge] : each.units[word]?.[edge]
    if (from !== undefined) setEdge(edge, from + by, `nudge ${edge} ${each.id} ${word}`)
  }

  function setEdge(edge: Edge, time: number, mark?: string): void {
    const id = sungId.peek()
    const word = unit.peek()
    if (id === null) return
    edit(
      (each) => (word === null ? moveEdge(each, id, edge, time) : moveUnitEdge(each, id, word, edge, time)),
      mark,
    )
  }

  function setStartHere(): void {
    if (sungId.peek() === null) {
      singHere()
      return
    }
    setEdge('start', player.time.peek())
  }

  function singHere(): void {
    const id = line.peek()
    if (id === null) return
    const made = song.peek()!.nextId
    edit((each) => singAt(each, id, player.time.peek()))
    sungId.value = made
  }

  function toggleWords(): void {
    if (unit.peek() !== null) unit.value = null
    else if (chosen.peek()?.units.length) unit.value = 0
  }

  function stepWord(step: 1 | -1): boolean {
    const count = chosen.peek()?.units.length ?? 0
    if (unit.peek() === null || count === 0) return false
    unit.value = Math.max(0, Math.min(count - 1, unit.peek()! + step))
    player.seek(chosen.peek()!.units[unit.peek()!]!.start)
    return true
  }

  /** Begins tapping at the chosen line, a moment before it; a tap while it lasts times the next line or word. */
  function tap(): void {
    if (!player.ready.peek()) {
      say(t('said_noSound'))
      return
    }
    if (tapping.peek()) {
      tapNow()
      return
    }
    const first = rows.peek()[0]
    if (line.peek() === null && first) choose({ line: first.line.id, sung: first.sung?.id ?? null })
    batch(() => {
      tapping.value = true
      looping.value = false
    })
    say(t('said_tapping', { key: 'T' }))
    if (!player.playing.peek()) {
      player.seek(Math.max(0, (chosen.peek()?.start ?? player.time.peek()) - 2))
      void player.play()
    }
  }

  function tapNow(): void {
    const time = player.time.peek()
    const id = sungId.peek()
    const word = unit.peek()
    if (word !== null && id !== null) {
      const count = chosen.peek()!.units.length
      edit((each) => {
        const moved = moveUnitEdge(each, id, word, 'start', time)
        return word > 0 ? moveUnitEdge(moved, id, word - 1, 'end', time) : moved
      })
      if (word + 1 < count) unit.value = word + 1
      else endTapping()
      return
    }
    if (id !== null) edit((each) => tapStart(each, id, time))
    else singHere()
    const all = rows.peek()
    const at = all.findIndex(
      (row) => row.line.id === line.peek() && (layout.peek() === 'written' || row.sung?.id === sungId.peek()),
    )
    const next = all.slice(at + 1).find((row) => row.line.status !== 'blank' && row.line.status !== 'marker')
    if (next) choose({ line: next.line.id, sung: next.sung?.id ?? null })
    else endTapping()
  }

  function endTapping(): void {
    if (!tapping.peek()) return
    tapping.value = false
    say(t('said_tapEnded'))
  }

  async function realign(trusted: Trusted): Promise<void> {
    const entry = session.current.peek()
    const at = line.peek()
    const before = entry.song.peek()
    const wish = session.wishOf(entry)
    if (at === null || !before) return
    if (!wish) {
      say(t('said_noSound'))
      return
    }
    const around = neighbourhoodOf(before, at, trusted)
    realigning.value++
    try {
      const answer = await service.realign(wish, around.pins, new AbortController().signal)
      // The text may have been edited meanwhile: then the answer is of another one.
      if (answer.json_data.length !== entry.song.peek()!.lines.length) return
      const had = new Map(
        entry.song.peek()!.sung.map((each) => [`${each.line} ${each.start} ${each.end}`, true]),
      )
      entry.edit((each) => withAnswer(each, answer, around))
      const count = entry.song
        .peek()!
        .sung.filter((each) => !had.has(`${each.line} ${each.start} ${each.end}`)).length
      if (entry === session.current.peek()) {
        if (sungId.peek() === null || !chosen.peek())
          sungId.value = mainOf(entry.song.peek()!, at)?.id ?? null
        say(t('said_realigned', { count }))
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (error.code === 'UNAUTHORIZED') session.askKey.value = () => void realign(trusted)
      else session.trouble.value = error
    } finally {
      realigning.value--
    }
  }

  function changeText(text: string): void {
    const id = line.peek()
    const before = chosenLine.peek()
    if (id === null || !before || text === before.text) return
    edit((each) => setText(each, id, text))
    if (session.wishOf(session.current.peek())) void realign('aligned')
  }

  function insert(): void {
    const made = song.peek()!.nextId
    edit((each) => insertLine(each, line.peek(), ''))
    choose({ line: made, sung: null })
    editAsked.value = true
  }

  function remove(): void {
    const id = line.peek()
    if (id === null || song.peek()!.lines.length < 2) return
    const at = rows.peek().findIndex((row) => row.line.id === id)
    edit((each) => removeLine(each, id))
    const next = rows.peek()[Math.min(at, rows.peek().length - 1)]
    if (next) choose({ line: next.line.id, sung: next.sung?.id ?? null })
    say(t('said_removed'))
  }

  /** Splits the text before the chosen word, or the word that is sung at the cursor. */
  function split(at?: number): void {
    const each = chosenLine.peek()
    const sung = chosen.peek()
    if (!each) return
    const word = unit.peek() ?? (sung ? Math.max(1, unitAt(sung.units, player.time.peek())) : 0)
    const place =
      at ??
      (sung
        ? placeOf(
            each.text,
            sung.units.map(({ text }) => text),
            word,
          )
        : 0)
    edit((old) => splitLine(old, each.id, place))
  }

  function travel(way: 'undo' | 'redo'): void {
    const entry = session.current.peek()
    const able = way === 'undo' ? entry.canUndo.peek() : entry.canRedo.peek()
    if (!able) {
      say(t('said_nothingToUndo'))
      return
    }
    entry[way]()
    say(t(way === 'undo' ? 'said_undone' : 'said_redone'))
  }

  function close(): void {
    if (tapping.peek()) endTapping()
    else if (unit.peek() !== null) unit.value = null
    else if (looping.peek()) looping.value = false
  }

  function open(which: Panel): void {
    panel.value = panel.peek() === which ? undefined : which
  }

  const actions: Record<Command, () => void> = {
    play: () => void player.toggle(),
    back: () => stepWord(-1) || player.seek(player.time.peek() - 1),
    ahead: () => stepWord(1) || player.seek(player.time.peek() + 1),
    slower: () => player.changeSpeed(-1),
    faster: () => player.changeSpeed(1),
    loop: () => {
      looping.value = !looping.peek()
      if (looping.peek()) listen()
    },
    up: () => stepRow(-1),
    down: () => stepRow(1),
    next: () => goDoubtful(1),
    previous: () => goDoubtful(-1),
    confirm: confirmChosen,
    startEarlier: () => nudge('start', -SMALL_STEP),
    startLater: () => nudge('start', SMALL_STEP),
    startMuchEarlier: () => nudge('start', -LARGE_STEP),
    startMuchLater: () => nudge('start', LARGE_STEP),
    endEarlier: () => nudge('end', -SMALL_STEP),
    endLater: () => nudge('end', SMALL_STEP),
    endMuchEarlier: () => nudge('end', -LARGE_STEP),
    endMuchLater: () => nudge('end', LARGE_STEP),
    startHere: setStartHere,
    endHere: () => setEdge('end', player.time.peek()),
    words: toggleWords,
    tap,
    shift: () => open('shift'),
    realign: () => void realign('aligned'),
    realignConfirmed: () => void realign('confirmed'),
    edit: () => {
      editAsked.value = true
    },
    insert,
    split: () => split(),
    join: () => {
      const id = line.peek()
      if (id !== null) edit((each) => joinWithNext(each, id))
    },
    remove,
    unsung: () => {
      const id = sungId.peek()
      if (id !== null) edit((each) => markUnsung(each, id))
    },
    singHere,
    undo: () => travel('undo'),
    redo: () => travel('redo'),
    layout: () => {
      layout.value = layout.peek() === 'written' ? 'sung' : 'written'
    },
    zoomIn: () => {
      zoom.value = Math.min(ZOOMS.length - 1, zoom.peek() + 1)
    },
    zoomOut: () => {
      zoom.value = Math.max(0, zoom.peek() - 1)
    },
    karaoke: () => open('karaoke'),
    export: () => open('export'),
    save: () => {
      const entry = session.current.peek()
      const present = entry.song.peek()
      if (present) download(projectName(entry.title.peek()), projectOf(entry, present), 'application/json')
    },
    keys: () => open('keys'),
    close,
  }

  return {
    layout,
    line,
    sungId,
    unit,
    looping,
    tapping,
    following,
    zoom,
    pixelsPerSecond: computed(() => ZOOMS[zoom.value]!),
    panel,
    isRealigning: computed(() => realigning.value > 0),
    notice,
    editAsked,
    song,
    chosen,
    chosenLine,
    rows,
    doubtful,
    now,
    nowId,
    nowLine,
    nowUnit,
    say,
    choose,
    visit,
    edit,
    changeText,
    split,
    shiftBy: (seconds: number, fromCursor: boolean) => {
      edit((each) => shift(each, seconds, fromCursor ? player.time.peek() : 0))
    },
    actions,
  }
}

function rowsOf(song: Song, layout: Layout): Row[] {
  if (layout === 'sung') {
    const lines = new Map(song.lines.map((line) => [line.id, line]))
    return song.sung.map((sung) => ({ key: `s${sung.id}`, line: lines.get(sung.line)!, sung, times: 1 }))
  }
  const singings = new Map<number, Sung[]>()
  for (const sung of song.sung) {
    const known = singings.get(sung.line)
    if (known) known.push(sung)
    else singings.set(sung.line, [sung])
  }
  return song.lines.map((line) => {
    const all = singings.get(line.id) ?? []
    return { key: `l${line.id}`, line, sung: all.find(({ isMain }) => isMain) ?? all[0], times: all.length }
  })
}

/** Where a word stands in the text of its line, by the words before it. */
function placeOf(text: string, words: readonly string[], word: number): number {
  let from = 0
  for (const each of words.slice(0, word)) {
    const at = text.indexOf(each, from)
    if (at >= 0) from = at + each.length
  }
  const at = text.indexOf(words[word] ?? '', from)
  return at < 0 ? from : at
}
