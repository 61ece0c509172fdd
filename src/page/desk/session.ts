import { batch, computed, effect, signal } from '@preact/signals'
import { Failure } from '../io/failure.ts'
import { pairsOf, textOfFile, titleOf } from '../io/files.ts'
import { hashOf } from '../io/hash.ts'
import type { Kept } from '../io/kept.ts'
import type { Service, Wish } from '../io/service.ts'
import { asWav } from '../io/sound.ts'
import { isProject, type Project, readProject } from '../song/project.ts'
import { songFromAnswer, textOf } from '../song/song.ts'
import { createEntry, type Entry, type KeptEntry } from './entry.ts'

export type KeptSession = { entries: KeptEntry[]; current: string }

/** Changes are kept that long after the last of them, milliseconds. */
const KEEP_AFTER_MS = 400

export type Session = ReturnType<typeof createSession>

/** All songs of the page: takes files in, runs them one after the other, and keeps them in the browser. */
export function createSession(service: Service, kept: Kept<KeptSession>, said: (title: string) => void) {
  const first = createEntry()
  const entries = signal<Entry[]>([first])
  const currentId = signal(first.id)
  const current = computed(() => entries.value.find(({ id }) => id === currentId.value) ?? entries.value[0]!)
  /** What went wrong beside any song: a file that is nothing, a browser that cannot keep. */
  const trouble = signal<Failure | undefined>(undefined)
  const unread = signal<string[]>([])
  /** The service asked for a key; `then` is done when there is one. */
  const askKey = signal<(() => void) | undefined>(undefined)
  const unsaved = signal(false)
  const running = new Map<string, AbortController>()

  /** Takes files in: pairs fill the present song where it is empty, else further ones. */
  async function take(files: readonly File[]): Promise<void> {
    const projects: [File, Project][] = []
    const rest: File[] = []
    for (const file of files) {
      const project = /\.json$/i.test(file.name) ? await projectOf(file) : undefined
      if (project) projects.push([file, project])
      else rest.push(file)
    }
    const { pairs, others } = pairsOf(rest)
    unread.value = others.map(({ name }) => name)
    for (const [, project] of projects) {
      const sound = pairs.findIndex((pair) => pair.sound && !pair.text)
      const recording = sound >= 0 ? pairs.splice(sound, 1)[0]!.sound : undefined
      await openProject(project, recording)
    }
    for (const { sound, text } of pairs) {
      const lyrics = text && (await textOfFile(text))
      batch(() => {
        const entry = entryFor(sound !== undefined, lyrics !== undefined, pairs.length > 1)
        if (sound) giveRecording(entry, sound)
        if (lyrics !== undefined) entry.lyrics.value = lyrics
        if (entry.title.value === '' || sound) entry.title.value = titleOf((sound ?? text!).name)
      })
    }
  }

  async function projectOf(file: File): Promise<Project | undefined> {
    const text = await textOfFile(file)
    return isProject(text) ? readProject(text) : undefined
  }

  async function openProject(project: Project, recording: File | undefined): Promise<void> {
    const { title, lyrics, language, song, audio } = project
    const entry = createEntry({
      title,
      lyrics,
      songLanguage: language,
      song,
      recording,
      audioName: audio.name,
      audioHash: audio.sha256,
    })
    add(entry)
    if (recording) await checkRecording(entry, recording)
  }

  /** Says so where a recording is not the one that the times are of. */
  async function checkRecording(entry: Entry, file: File): Promise<void> {
    const hash = await hashOf(file)
    const known = entry.audioHash.peek()
    if (known !== undefined && known !== hash) {
      trouble.value = new Failure('OTHER_SOUND', `${file.name} is another recording`)
    }
    if (known === undefined) entry.audioHash.value = hash
  }

  function giveRecording(entry: Entry, file: File): void {
    entry.recording.value = file
    if (entry.song.peek()) void checkRecording(entry, file)
    else entry.audioHash.value = undefined
    entry.audioName.value = file.name
  }

  /** The present song where what comes has a place in it, else a new one. */
  function entryFor(sound: boolean, text: boolean, several: boolean): Entry {
    const now = current.peek()
    const free = now.song.peek() === undefined && !now.isBusy.peek()
    const empty = now.recording.peek() === undefined && now.lyrics.peek() === ''
    if (free && (several ? empty : sound || text)) return now
    // A recording for a song that has its times but no sound.
    if (!several && sound && !text && now.recording.peek() === undefined) return now
    return add(createEntry())
  }

  function add(entry: Entry): Entry {
    const isEmpty = (each: Entry) =>
      !each.song.peek() && !each.recording.peek() && each.lyrics.peek() === '' && !each.isBusy.peek()
    batch(() => {
      entries.value = [...entries.peek().filter((each) => !isEmpty(each)), entry]
      currentId.value = entry.id
    })
    return entry
  }

  function remove(entry: Entry): void {
    running.get(entry.id)?.abort(new DOMException('removed', 'AbortError'))
    batch(() => {
      const left = entries.peek().filter((each) => each !== entry)
      entries.value = left.length > 0 ? left : [createEntry()]
      if (currentId.peek() === entry.id) currentId.value = entries.peek()[0]!.id
    })
  }

  function wishOf(entry: Entry): Wish | undefined {
    const recording = entry.recording.peek()
    if (!recording) return undefined
    const song = entry.song.peek()
    const lyrics = song ? textOf(song) : entry.lyrics.peek()
    return { recording, lyrics, language: entry.songLanguage.peek() }
  }

  let turn: Promise<unknown> = Promise.resolve()

  /** Aligns a song when those before it are done. What it had is kept until there is an answer. */
  function align(entry: Entry): Promise<void> {
    if (entry.isBusy.peek() || !wishOf(entry)) return Promise.resolve()
    const controller = new AbortController()
    running.set(entry.id, controller)
    entry.run.value = { state: 'waiting' }
    const done = turn.then(() => work(entry, controller.signal)).finally(() => running.delete(entry.id))
    turn = done
    return done
  }

  async function work(entry: Entry, signal: AbortSignal): Promise<void> {
    try {
      signal.throwIfAborted()
      const wish = wishOf(entry)!
      const answer = await aligned(wish, entry, signal)
      if (wish.recording instanceof File) {
        entry.audioHash.value = await hashOf(wish.recording)
        entry.audioName.value = wish.recording.name
      }
      batch(() => {
        entry.take(songFromAnswer(answer))
        entry.run.value = { state: 'done' }
      })
      said(entry.title.peek())
    } catch (error) {
      fail(entry, error, signal)
    }
  }

  /** What the service cannot decode is decoded here, and sent once more. */
  async function aligned(wish: Wish, entry: Entry, signal: AbortSignal) {
    const told = (progress: { stage: string; percentage: number }) => {
      if (!signal.aborted)
        entry.run.value = {
          state: 'running',
          ...(progress as never as { stage: 'queued'; percentage: number }),
        }
    }
    try {
      return await service.align(wish, told, signal)
    } catch (error) {
      const { recording } = wish
      if (!(error instanceof Failure && error.code === 'AUDIO_UNREADABLE' && recording instanceof File))
        throw error
      const wav = await asWav(recording).catch(() => {
        throw error
      })
      return service.align({ ...wish, recording: wav }, told, signal)
    }
  }

  function fail(entry: Entry, error: unknown, signal: AbortSignal): void {
    if (signal.aborted) {
      entry.run.value = { state: entry.song.peek() ? 'done' : 'cancelled' }
      return
    }
    if (!(error instanceof Failure)) throw error
    entry.run.value = { state: 'failed', failure: error }
    if (error.code === 'UNAUTHORIZED') askKey.value = () => void align(entry)
  }

  function cancel(entry: Entry): void {
    const controller = running.get(entry.id)
    if (!controller) return
    entry.run.value = { state: 'cancelling' }
    controller.abort(new DOMException('cancelled', 'AbortError'))
  }

  /** What was kept when the page was left before; whether there was something. */
  async function restore(): Promise<boolean> {
    const before = await kept.load().catch((cause) => {
      trouble.value = new Failure('NOT_KEPT', String(cause), { cause })
      return undefined
    })
    if (!before || before.entries.length === 0) return false
    batch(() => {
      entries.value = before.entries.map(createEntry)
      currentId.value = before.current
    })
    return true
  }

  async function keep(): Promise<void> {
    const value: KeptSession = {
      entries: entries.peek().map((entry) => entry.kept.peek()),
      current: currentId.peek(),
    }
    try {
      await kept.save(value)
      unsaved.value = false
    } catch (cause) {
      trouble.value = new Failure('NOT_KEPT', cause instanceof Error ? cause.message : String(cause), {
        cause,
      })
    }
  }

  /** Keeps every change a moment after it was made, from now on. */
  function startKeeping(): void {
    let timer: ReturnType<typeof setTimeout> | undefined
    let isFirst = true
    effect(() => {
      for (const entry of entries.value) entry.kept.value
      currentId.value
      if (isFirst) {
        isFirst = false
        return
      }
      unsaved.value = true
      clearTimeout(timer)
      timer = setTimeout(keep, KEEP_AFTER_MS)
    })
  }

  return {
    entries: computed(() => entries.value),
    current,
    currentId,
    trouble,
    unread,
    askKey,
    /** Whether something would be lost if the page were left now. */
    atRisk: computed(() => unsaved.value || entries.value.some((entry) => entry.isBusy.value)),
    take,
    giveRecording,
    add: () => add(createEntry()),
    remove,
    wishOf,
    align,
    cancel,
    restore,
    startKeeping,
    keep,
  }
}
