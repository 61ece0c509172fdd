import { Failure } from './failure.ts'

const SOUND = /\.(?:mp3|wav|wave|flac|ogg|oga|opus|aif|aiff|aifc|m4a|mp4|aac|webm|mka|weba|caf|wma)$/i
const TEXT = /\.(?:txt|lrc|elrc|srt|vtt|ass|ssa|ttml|xml|qrc|krc|yrc|lys|md|json)$/i
/** Larger files are no lyrics. */
const MOST_TEXT_BYTES = 4_000_000

export type Kind = 'sound' | 'text' | 'other'

/** What a file is, by its name and its type: browsers know few types of lyrics. */
export function kindOf({ name, type, size }: Pick<File, 'name' | 'type' | 'size'>): Kind {
  if (SOUND.test(name)) return 'sound'
  if (TEXT.test(name)) return size <= MOST_TEXT_BYTES ? 'text' : 'other'
  if (/^(?:audio|video)\//.test(type)) return 'sound'
  return /^text\//.test(type) && size <= MOST_TEXT_BYTES ? 'text' : 'other'
}

/** A song to align: a recording and the file of its lyrics, either of which may be missing. */
export type Pair = { sound?: File; text?: File }

/**
 * Sorts files that were dropped together, in any order: those whose names are alike belong together; where one of each
 * is left they do as well.
 */
export function pairsOf(files: readonly File[]): { pairs: Pair[]; others: File[] } {
  const sounds = files.filter((file) => kindOf(file) === 'sound')
  const texts = files.filter((file) => kindOf(file) === 'text')
  const others = files.filter((file) => kindOf(file) === 'other')
  const free = new Set(texts)
  const pairs = sounds.map((sound): Pair => {
    const text = [...free].find((each) => stemOf(each.name) === stemOf(sound.name))
    if (text) free.delete(text)
    return text ? { sound, text } : { sound }
  })
  const alone = pairs.filter(({ text }) => !text)
  const [rest] = free
  if (alone.length === 1 && free.size === 1 && rest) {
    alone[0]!.text = rest
    free.delete(rest)
  }
  return { pairs: [...pairs, ...[...free].map((text): Pair => ({ text }))], others }
}

/** A file name without folders and ending, and without the differences that do not matter. */
function stemOf(name: string): string {
  return titleOf(name)
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_.-]+/g, ' ')
    .trim()
}

/** The name of a song, by that of its file. */
export function titleOf(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1).replace(/\.[^.]{1,8}$/, '')
}

const ENCODINGS = ['utf-8', 'gb18030', 'big5', 'shift_jis', 'euc-kr'] as const

/** The text of a file: UTF-8 or UTF-16 with its mark, else the first encoding of East Asia that fits. */
export async function textOfFile(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  return decodeText(bytes, file.name)
}

export function decodeText(bytes: Uint8Array, name: string): string {
  const mark =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : undefined
  for (const encoding of mark ? [mark] : ENCODINGS) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes).replaceAll('\r\n', '\n')
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
    }
  }
  throw new Failure('LYRICS_UNREADABLE', `Expected text in ${name}, got something else`)
}
