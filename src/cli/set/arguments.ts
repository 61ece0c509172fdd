import { statSync } from 'node:fs'
import { isPattern } from '../../folder/find.ts'
import { isRecordingName } from '../../folder/names.ts'

/** Whether the arguments are AUDIO and LYRICS of one song; anything else is songs with their lyrics beside them. */
export function isOneSong(inputs: readonly string[]): inputs is [audio: string, lyrics: string] {
  const [audio, lyrics] = inputs
  if (audio === undefined || lyrics === undefined || inputs.length > 2) return false
  if (lyrics === '-') return true
  if (isMany(audio) || isMany(lyrics)) return false
  // Two recordings are two songs; where the first is none, they were exchanged, which is said.
  return !(isRecordingName(audio) && isRecordingName(lyrics))
}

/** A folder, or a pattern that is no name of a file. */
function isMany(path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false })
  if (there) return there.isDirectory()
  return !/^[a-z][a-z0-9+.-]*:\/\//i.test(path) && (isPattern(path) || /[/\\]$/.test(path))
}
