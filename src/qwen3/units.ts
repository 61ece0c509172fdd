/** A piece of text the aligner gives a start and an end; [start, end) are offsets into the text it was cut from. */
export type TextUnit = { text: string; start: number; end: number }

const CJK =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B820}-\u{2CEAF}\uF900-\uFAFF]/u
const KEPT = /['\p{L}\p{N}]/u
const WHITE_SPACE = /\p{White_Space}/u

/**
 * Cuts a text as the reference does: single Han characters, words of everything else; punctuation and marks are
 * dropped. Japanese goes by the words of Intl.Segmenter, Korean by spaces.
 * @param language a name or code; only Japanese and Korean differ from the rest
 */
export function alignmentUnits(text: string, language: string): TextUnit[] {
  switch (language.toLowerCase()) {
    case 'japanese':
    case 'ja':
      return japaneseUnits(text)
    case 'korean':
    case 'ko':
      return spacedUnits(text, false)
    default:
      return spacedUnits(text, true)
  }
}

/** As str.split() of Python: not the \\s of JavaScript, but with the four separators of ASCII. */
function isSpace(character: string): boolean {
  return WHITE_SPACE.test(character) || (character >= '\u001C' && character <= '\u001F')
}

/** One pass over the characters; `single`: Han characters stand alone. */
function spacedUnits(text: string, single: boolean): TextUnit[] {
  const units: TextUnit[] = []
  let open: TextUnit | undefined
  let at = 0
  for (const character of text) {
    const start = at
    at += character.length
    if (isSpace(character)) open = undefined
    else if (single && CJK.test(character)) {
      open = undefined
      units.push({ text: character, start, end: at })
    } else if (KEPT.test(character)) {
      open = extended(units, open, character, start, at)
    }
  }
  return units
}

function extended(
  units: TextUnit[],
  open: TextUnit | undefined,
  character: string,
  start: number,
  end: number,
): TextUnit {
  if (!open) {
    const unit = { text: character, start, end }
    units.push(unit)
    return unit
  }
  open.text += character
  open.end = end
  return open
}

const japaneseWords = new Intl.Segmenter('ja', { granularity: 'word' })

function japaneseUnits(text: string): TextUnit[] {
  const units: TextUnit[] = []
  for (const { segment, index } of japaneseWords.segment(text)) {
    for (const unit of spacedUnits(segment, false)) {
      units.push({ text: unit.text, start: index + unit.start, end: index + unit.end })
    }
  }
  return units
}
