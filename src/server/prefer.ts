/**
 * How long a client is willing to wait, seconds: `Prefer: wait=SECONDS` of RFC 7240. The first one counts; what cannot be
 * read, and 0, is as good as none, as the RFC wants it of preferences.
 */
export function preferredWait(header: string | null): number | undefined {
  for (const preference of (header ?? '').split(',')) {
    const match = /^\s*wait\s*=\s*(?:"(\d{1,9})"|(\d{1,9}))\s*(?:;.*)?$/i.exec(preference)
    if (match) return Number(match[1] ?? match[2]) || undefined
  }
  return undefined
}
