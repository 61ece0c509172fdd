import { shareDone } from '../aligner/stage-shares.ts'
import type { Progress } from '../types.ts'
import type { AlignerOfFolder, FolderProgress } from './options.ts'

/** Puts the progress of songs together to that of all. Nothing is computed where nobody listens. */
export function watchProgress(
  total: number,
  aligner: AlignerOfFolder,
  listener: ((progress: FolderProgress) => void) | undefined,
) {
  const running = new Map<string, Progress>()
  const { engine } = aligner.status().model
  let done = 0

  function tell(): void {
    if (!listener) return
    const shares = [...running.values()].reduce((sum, progress) => sum + shareDone(progress, engine), 0)
    const songs = [...running].map(([recording, progress]) => ({ recording, ...progress }))
    listener({
      done,
      total,
      fraction: total === 0 ? 1 : Math.min(1, (done + shares) / total),
      running: songs,
    })
  }

  return {
    begin(recording: string) {
      running.set(recording, { stage: 'queued', fraction: 0 })
      tell()
      return {
        show(progress: Progress) {
          running.set(recording, progress)
          tell()
        },
        end() {
          running.delete(recording)
          done++
          tell()
        },
      }
    },
  }
}
