import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import type { Recording } from './find.ts'
import { folded, stemOf } from './names.ts'

/** Where results of a recording go: the folder with the record, and names in it without the ending of the format. */
export type Place = { recording: Recording; folder: string; name: string }

/**
 * Where the results of each recording go: beside it, or under `out` as they lie below the folder that all arguments have in
 * common. `song.mp3` gives `song.lrc`; where another recording would give the same, both give `song.mp3.lrc`.
 */
export function placesOf(
  recordings: readonly Recording[],
  out: string | undefined,
  endings: readonly string[],
): Place[] {
  const root = commonFolder(recordings.map(({ base }) => base))
  const below = (path: string) => (out === undefined ? '' : relative(root, dirname(path)))
  const folderOf = (path: string) => (out === undefined ? dirname(path) : resolve(out))
  const places = recordings.map((recording) => ({
    recording,
    folder: folderOf(recording.path),
    name: join(below(recording.path), stemOf(recording.path)),
  }))
  // A whole name may be the shorter name of another recording (song.mp3 beside song.mp3.flac), which then needs its own.
  for (let clashes = clashing(places, endings); clashes.size > 0; clashes = clashing(places, endings)) {
    const changed = [...clashes].filter((place) => basename(place.name) !== basename(place.recording.path))
    if (changed.length === 0) break
    for (const place of changed) place.name = join(dirname(place.name), basename(place.recording.path))
  }
  return places
}

/** Those of which another one would write the same file, on file systems that take names in upper and lower case for one. */
function clashing(places: readonly Place[], endings: readonly string[]): Set<Place> {
  const owners = new Map<string, Place>()
  const clashes = new Set<Place>()
  for (const place of places) {
    for (const ending of endings) {
      const file = folded(join(place.folder, place.name + ending))
      const owner = owners.get(file)
      if (owner) clashes.add(owner).add(place)
      else owners.set(file, place)
    }
  }
  return clashes
}

function commonFolder(folders: readonly string[]): string {
  const [first = [], ...others] = folders.map((folder) => folder.split(sep))
  const differs = (part: string, i: number) => others.some((parts) => parts[i] !== part)
  const length = first.findIndex(differs)
  return first.slice(0, length < 0 ? undefined : length).join(sep) || sep
}
