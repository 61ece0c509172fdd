/** What one check found. `mend` says what to do where it is not ok. */
export type Finding = { level: 'ok' | 'warn' | 'fail'; what: string; found: string; mend?: string }

export function ok(what: string, found: string): Finding {
  return { level: 'ok', what, found }
}

export function warn(what: string, found: string, mend: string): Finding {
  return { level: 'warn', what, found, mend }
}

export function fail(what: string, found: string, mend: string): Finding {
  return { level: 'fail', what, found, mend }
}

/** A finding as a line for people, with what to do below it. */
export function print({ level, what, found, mend }: Finding): string {
  const line = `${level.padEnd(4)}  ${what.padEnd(12)}  ${found}\n`
  return mend === undefined ? line : `${line}${' '.repeat(20)}-> ${mend}\n`
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
