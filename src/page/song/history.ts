/** What was, what is, and what was undone. */
export type History<T> = {
  past: readonly T[]
  present: T
  future: readonly T[]
  /** Steps with the same mark that follow each other are undone as one. */
  mark: string | undefined
}

const MOST_STEPS = 1000

export function startHistory<T>(present: T): History<T> {
  return { past: [], present, future: [], mark: undefined }
}

/** A further step; nothing where nothing changed. */
export function step<T>(history: History<T>, next: T, mark?: string): History<T> {
  const { past, present } = history
  if (next === present) return history
  if (mark !== undefined && mark === history.mark) return { ...history, present: next, future: [] }
  return { past: [...past, present].slice(-MOST_STEPS), present: next, future: [], mark }
}

/** Ends a run of steps that are undone as one. */
export function endRun<T>(history: History<T>): History<T> {
  return history.mark === undefined ? history : { ...history, mark: undefined }
}

export function undo<T>({ past, present, future }: History<T>): History<T> {
  const before = past.at(-1)
  if (before === undefined) return { past, present, future, mark: undefined }
  return { past: past.slice(0, -1), present: before, future: [present, ...future], mark: undefined }
}

export function redo<T>({ past, present, future }: History<T>): History<T> {
  const [after, ...rest] = future
  if (after === undefined) return { past, present, future, mark: undefined }
  return { past: [...past, present], present: after, future: rest, mark: undefined }
}
