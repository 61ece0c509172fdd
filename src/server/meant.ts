/** Fields by the names that other services, and people, call them; without case, lines and hyphens. */
const MEANT: ReadonlyMap<string, 'audio' | 'audio_url' | 'lyrics_text'> = new Map([
  ['file', 'audio'],
  ['audiofile', 'audio'],
  ['recording', 'audio'],
  ['song', 'audio'],
  ['track', 'audio'],
  ['upload', 'audio'],
  ['url', 'audio_url'],
  ['link', 'audio_url'],
  ['audiourl', 'audio_url'],
  ['songurl', 'audio_url'],
  ['fileurl', 'audio_url'],
  ['lyrics', 'lyrics_text'],
  ['lyric', 'lyrics_text'],
  ['lyricstext', 'lyrics_text'],
  ['text', 'lyrics_text'],
  ['words', 'lyrics_text'],
  ['transcript', 'lyrics_text'],
])

const LONGEST_NAME = 20

/** The field that is meant by a name that is none; undefined where that cannot be told. */
export function meantBy(name: string): 'audio' | 'audio_url' | 'lyrics_text' | undefined {
  if (name.length > LONGEST_NAME) return undefined
  return MEANT.get(name.toLowerCase().replaceAll('_', '').replaceAll('-', ''))
}

/**
 * What a message says of the fields that came in place of missing ones: '' where none nearly fits.
 * @param missing the fields that were expected
 */
export function nearlyFitting(names: readonly string[], missing: readonly string[]): string {
  const near = names.flatMap((name) => {
    const meant = meantBy(name)
    return meant !== undefined && meant !== name && missing.includes(meant)
      ? `${meant} instead of ${name}`
      : []
  })
  return near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`
}
