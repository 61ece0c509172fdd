import { computed, signal } from '@preact/signals'
import type { Failure } from '../io/failure.ts'
import type { Progress, Recording } from '../io/service.ts'
import { endRun, type History, redo, startHistory, step, undo } from '../song/history.ts'
import type { Song } from '../song/song.ts'

export type Run =
  | { state: 'idle' | 'waiting' | 'cancelling' | 'cancelled' | 'done' }
  | ({ state: 'running' } & Progress)
  | { state: 'failed'; failure: Failure }

export type Entry = ReturnType<typeof createEntry>

/** What is kept of an entry when the page is left. */
export type KeptEntry = {
  id: string
  title: string
  recording: Recording | undefined
  lyrics: string
  songLanguage: string
  song: Song | undefined
  audioName: string | undefined
  audioHash: string | undefined
}

/** One song of the queue: what goes in, how far it is, and its times with everything that was done to them. */
export function createEntry(kept: Partial<KeptEntry> = {}) {
  const id = kept.id ?? crypto.randomUUID()
  const title = signal(kept.title ?? '')
  const recording = signal<Recording | undefined>(kept.recording)
  const lyrics = signal(kept.lyrics ?? '')
  const songLanguage = signal(kept.songLanguage ?? 'auto')
  const run = signal<Run>({ state: kept.song ? 'done' : 'idle' })
  const history = signal<History<Song> | undefined>(kept.song && startHistory(kept.song))
  const audioName = signal(kept.audioName)
  const audioHash = signal(kept.audioHash)
  const song = computed(() => history.value?.present)

  return {
    id,
    title,
    recording,
    lyrics,
    songLanguage,
    run,
    song,
    /** Name and SHA-256 of the recording that the times are of. */
    audioName,
    audioHash,
    canUndo: computed(() => (history.value?.past.length ?? 0) > 0),
    canRedo: computed(() => (history.value?.future.length ?? 0) > 0),
    isComplete: computed(() => recording.value !== undefined && lyrics.value.trim() !== ''),
    isBusy: computed(() => ['waiting', 'running', 'cancelling'].includes(run.value.state)),
    /** Changes the song; steps of one mark are undone as one. */
    edit(change: (song: Song) => Song, mark?: string): boolean {
      const before = history.peek()
      if (!before) return false
      history.value = step(before, change(before.present), mark)
      return history.peek() !== before
    },
    /** The answer to a run: a step as any other, so that it can be undone. */
    take(answered: Song): void {
      const before = history.peek()
      history.value = before ? step(before, answered) : startHistory(answered)
    },
    endRun(): void {
      if (history.peek()) history.value = endRun(history.peek()!)
    },
    undo(): void {
      if (history.peek()) history.value = undo(history.peek()!)
    },
    redo(): void {
      if (history.peek()) history.value = redo(history.peek()!)
    },
    /** All of it as plain data; what reads it is told of every change. */
    kept: computed(
      (): KeptEntry => ({
        id,
        title: title.value,
        recording: recording.value,
        lyrics: lyrics.value,
        songLanguage: songLanguage.value,
        song: song.value,
        audioName: audioName.value,
        audioHash: audioHash.value,
      }),
    ),
  }
}
