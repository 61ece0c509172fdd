/** What the shell is told. */
export const EXIT = { ok: 0, failed: 1, usage: 2, doubtful: 3, interrupted: 130 } as const
