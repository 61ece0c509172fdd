const TIME_TAGS = /\[\d+:\d{1,2}(?:[.:]\d{1,3})?\]|<\d+:\d{1,2}(?:[.:]\d{1,3})?>/g
// Everything that some reader takes for the end of a line, and the other control characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g

/**
 * A lyric line that fits on one line of any format: control characters and line ends become a space, and the time tags
 * of lyrics that were LRC already are left out, because a reader would take them for times of ours.
 */
export function oneLine(text: string): string {
  let previous: string
  let line = text.replace(CONTROLS, ' ')
  // Again until nothing changes: removing one tag can make another, as in "[00:[00:01]02]".
  do {
    previous = line
    line = line.replace(TIME_TAGS, '')
  } while (line !== previous)
  return line
}
