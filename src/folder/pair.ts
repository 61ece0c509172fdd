import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AlignError } from '../errors.ts'
import { folded, LYRICS_ENDINGS, stemOf } from './names.ts'

/** Where the lyrics of a song are: in a file of their own, or in the tags of the recording. */
export type Lyrics = { file: string; from: 'file' | 'tags' }

/** The names in a folder, by what {@link folded} makes of them. Each folder is read once. */
export type Folders = (folder: string) => Promise<ReadonlyMap<string, readonly string[]>>

export function createFolders(): Folders {
  const known = new Map<string, ReturnType<Folders>>()
  return (folder) => {
    const names = known.get(folder) ?? readdir(folder).then(byFold)
    known.set(folder, names)
    return names
  }
}

function byFold(names: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const name of names) {
    const group = groups.get(folded(name))
    if (group) group.push(name)
    else groups.set(folded(name), [name])
  }
  return groups
}

/**
 * The file of lyrics beside a recording: `song.mp3.txt` before `song.txt`, and by the order of {@link LYRICS_ENDINGS}. Case and
 * the way in which accents are written may differ where no name is the same.
 * @param isOurs whether a file is a result of ours, which is no lyrics
 * @throws AlignError LYRICS_UNREADABLE where two fit equally; the file system's error
 */
export async function lyricsBeside(
  recording: string,
  folders: Folders,
  isOurs: (file: string) => boolean,
): Promise<string | undefined> {
  const folder = dirname(recording)
  const names = await folders(folder)
  for (const stem of [basename(recording), stemOf(recording)]) {
    for (const ending of LYRICS_ENDINGS) {
      const fitting = (names.get(folded(stem + ending)) ?? []).filter((name) => !isOurs(join(folder, name)))
      const best = bestOf(fitting, stem)
      if (best !== undefined) return join(folder, best)
    }
  }
  return undefined
}

function bestOf(names: readonly string[], stem: string): string | undefined {
  if (names.length < 2) return names[0]
  const same = names.filter((name) => name.startsWith(stem))
  const [only, ...more] = same.length > 0 ? same : names
  if (more.length === 0) return only
  throw new AlignError(
    'LYRICS_UNREADABLE',
    `Expected one file of lyrics, got ${names.join(' and ')}, which fit equally`,
  )
}
