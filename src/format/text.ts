const TIME_TAG = /^(?:\[\d+:\d{1,2}(?:[.:]\d{1,3})?|<\d+:\d{1,2}(?:[.:]\d{1,3})?|\[\s*offset\s*:[^[\]<>]*)$/i
const CLOSES: Readonly<Record<string, string>> = { ']': '[', '>': '<' }
// Everything that some reader takes for the end of a line, and the other control characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g

/**
 * A lyric line that fits on one line of any format: control characters and line ends become a space, and the time tags
 * and the offset of lyrics that were LRC already are left out, because a reader would take them for times of ours.
 */
export function oneLine(text: string): string {
  return withoutTimeTags(text.replace(CONTROLS, ' '))
}

/** Also those that come to be when another is taken out, as in "[00:[00:01]02]". Takes linear time. */
function withoutTimeTags(line: string): string {
  if (!/[\]>]/.test(line)) return line
  const kept: string[] = []
  // Where the brackets opened that may still become tags. A tag holds no other bracket: one that closes none ends them all.
  let open: number[] = []
  for (const char of line.split('')) {
    const opened = CLOSES[char]
    if (char === '[' || char === '<') open.push(kept.length)
    kept.push(char)
    if (opened === undefined) continue
    const start = open.pop()
    const isTag =
      start !== undefined && kept[start] === opened && TIME_TAG.test(kept.slice(start, -1).join(''))
    if (isTag) kept.length = start
    else open = []
  }
  return kept.join('')
}
