import { isCredit } from './credits.ts'

/** Names of song parts that nobody sings. A line that is nothing but one is a marker; a line that goes on is sung. */

const MODIFIER =
  '(?:pre|post|final|last|half|full|big|double|instrumental|musical|guitar|piano|repeat|back to|go to|to|all|1st|2nd|3rd|[1-9]th|first|second|third|pré|pós)'
const PART =
  '(?:verses?|ver(?=\\s*\\d)|chorus(?:es)?|pre-?chorus|bridge|intro(?:duction)?|outro|interlude|instrumental|break|tag|refrain|ending|end|coda|vamp|hook|turnaround|solo' +
  '|estrofa|verso|coro|puente|estribillo|precoro|introducción|interludio' +
  '|couplet|pont|pré-?refrain|introduction' +
  '|strophe|vers|kehrvers|brücke|zwischenspiel|vorspiel|nachspiel' +
  '|strofa|ritornello|ponte|intermezzo|estrofe|refrão|pré-?refrão|interlúdio' +
  '|куплет|припев|бридж|проигрыш|вступление)'
const COUNT = '(?:\\d{1,2}[a-z]?|[a-e]|[ivx]{1,4}|one|two|three|four|five|six)'
/** A number may stand at once after its word (Verse1), a letter may not (Coroa, Bridged are words). */
const NUMBERED = `(?:[\\s.-]*\\d{1,2}[a-z]?|[\\s.-]+${COUNT})`
const TIMES =
  '(?:[x×✕*]\\s*\\d{1,2}|\\d{1,2}\\s*[x×✕]|\\d{1,2} times|\\d{1,2} (?:veces|vezes|fois|mal|volte|раза?)|\\d{1,2}\\s*[次遍回번]|重[複复覆][\\d一二兩两三四五六]{1,2}\\s*[次遍])'
/** Sung often enough ("twice", 一次) to say how often only in brackets. */
const TIMES_IN_BRACKETS = '(?:twice|(?:two|three|four) times|bis|[一二兩两三四五六][次遍])'
const NAMED = `(?:${MODIFIER}[\\s-]+){0,3}${PART}${NUMBERED}?`
/** Words that are sung often enough to be a marker only in brackets, or with a number. */
const SUNG_TOO = /^(?:end|break|solo|hook|vamp|first|last|all|to)$/

const ORDINAL = '(?:第?\\s*[\\d一二三四五六七八九十]+\\s*)'
const CJK_PART =
  '(?:副歌|主歌|間奏|间奏|前奏|尾奏|後奏|橋段|桥段|橋|桥|導歌|导歌|預副歌|预副歌|重[複复覆]|重唱|過門|过门|過渡|过渡|結尾|结尾|尾聲|尾声' +
  '|[大落]?ち?サビ|ラスサビ|[ABCDＡ-Ｄ]メロ|イントロ|アウトロ|コーラス|ブリッジ|リフレイン|くりかえし|繰り?返し' +
  '|후렴구?|간주|전주|후주|브릿지|브리지|반복|절)'
const CJK_NUMBERED = `${ORDINAL}(?:節|节|段|番|절)|[일이삼사]절|[A-DＡ-Ｄ]段`
const CJK = `(?:${ORDINAL}?${CJK_PART}(?:\\s*${CJK_PART})?\\s*(?:[a-e\\d一二三四五六]{1,2})?|${CJK_NUMBERED})`

const REPEAT = `repeat(?:\\s+(?:${TIMES}|twice))?|se repite`
/** As chord sheets shorten them: V1, C2, PC, B1. */
const SHORT = '(?:v\\s?\\d|c\\d|pc\\s?\\d?|b\\d|ch\\s?\\d)'
const LABEL = `(?:${NAMED}|${CJK}|${REPEAT}|${SHORT})`
/** How often, after a name: here 副歌兩次 leaves no doubt. */
const TIMES_OF_PART = `(?:${TIMES}|[一二兩两三四五六][次遍]|\\d{1,2}\\s*(?:bars|小[節节]))`
const WHOLE = new RegExp(
  `^(?:${LABEL}(?:\\s*(?:[/&+,、]|and)\\s*(?:${LABEL}|${COUNT}))*\\s*(?:\\(?${TIMES_OF_PART}\\)?)?|${TIMES})$`,
  'iu',
)
const WHOLE_IN_BRACKETS = new RegExp(`${WHOLE.source}|^${TIMES_IN_BRACKETS}$`, 'iu')
/** Who sings: only in brackets or before a colon, for all of these are sung, too. */
const SINGER =
  '(?:(?:wo)?men|all|both|leader|worship leader|people|choir|congregation|soloist|group \\d|echo|ladies|girls|boys|children|kids|hombres|mujeres|todos|[男女合齊齐領领眾众]|男女|全體|全体|齊唱|齐唱|合唱|獨唱|独唱|和聲|和声)'
const SINGER_ALONE = new RegExp(`^${SINGER}(?:\\s*[/&+,、]\\s*${SINGER})?$`, 'iu')
const COUNT_ALONE = new RegExp(`^${TIMES}$`, 'iu')
const NAMED_IN_BRACKETS = new RegExp(`^${LABEL}\\s*[-–—:,(|]`, 'iu')

/** [Verse 1], 【副歌】, {start_of_chorus}: what stands alone in square brackets or braces is never sung. */
const SQUARE = /^(?:(?:[[【〔][^\]】〕]*[\]】〕]|\{[^{}]*\})\s*)+$/u
/** (Chorus) x2, Outro (instrumental). */
const WITH_BRACKETS = /^(.*?)\s*\(([^()]{1,30})\)\s*(.*)$/u
/** The number of a verse alone in its line: "1." */
const VERSE_NUMBER = /^(?:\d{1,2}[.)、]|[①-⑳])$/u
/** Musical directions. */
const DIRECTION = /^d\.\s?[cs]\.(?: al (?:fine|coda))?$/iu
const ROUND = /^[(<][^()<>]*[)>]$/u
const METADATA = /^\[\s*(?:ar|ti|al|au|by|offset|re|ve|length|la|id|tool|lr|encoding|#)\s*:[^\]]*\]$/iu
const DECORATION = /^[\s*#=~_—–-]+|[\s*#=~_—–-]+$/gu

/** Longest line that is looked at, characters: names of parts are short. */
const LONGEST = 80

/** Whether a line names a part of the song or says how often it is sung, and is not itself sung. */
export function isMarker(line: string): boolean {
  if (line.length > 4 * LONGEST) return false
  const text = line.normalize('NFKC').replace(DECORATION, '')
  if (SQUARE.test(text) || METADATA.test(text)) return true
  if (isCredit(text)) return true
  if (text.length > LONGEST) return false
  if (isChords(text) || DIRECTION.test(text) || VERSE_NUMBER.test(line) || COUNT_ALONE.test(line)) return true
  if (ROUND.test(text)) return isMarkerInBrackets(text.slice(1, -1).trim())
  return isName(text) || isNameWithBrackets(text)
}

function isMarkerInBrackets(inner: string): boolean {
  const label = bare(inner)
  return WHOLE_IN_BRACKETS.test(label) || SINGER_ALONE.test(label) || NAMED_IN_BRACKETS.test(inner)
}

function isName(text: string): boolean {
  const label = bare(text)
  if (SINGER_ALONE.test(label)) return /:$/u.test(text)
  return WHOLE.test(label) && !SUNG_TOO.test(label.toLowerCase())
}

function isNameWithBrackets(text: string): boolean {
  const found = WITH_BRACKETS.exec(text)
  if (!found) return false
  const [, before = '', inner = '', after = ''] = found
  if (before !== '') return after === '' && isName(before)
  return isMarkerInBrackets(inner) && COUNT_ALONE.test(after)
}

function bare(text: string): string {
  return text.replace(/[\s:.]+$/u, '').trim()
}

const CHORD =
  '[A-G][#b♯♭]?(?:maj|min|dim|aug|sus|add|m|M)?\\d{0,2}(?:(?:sus|add|maj|b|#)\\d{1,2})?(?:/[A-G][#b♯♭]?)?'
const CHORD_WORD = new RegExp(`^(?:${CHORD}|N\\.?C\\.?|[|/%-]+)$`, 'u')
const CHORD_IN_LINE = new RegExp(`\\[${CHORD}\\]`, 'gu')

/** "G  D/F#  Em7". Bare letters alone ("A B C") are chords only where they are set apart by wide gaps or bars. */
function isChords(text: string): boolean {
  const names = text.split(/[\s|]+/u).filter((name) => name !== '')
  if (!names.every((name) => CHORD_WORD.test(name)) || !/[A-G]/.test(text)) return false
  return names.some((name) => /^[A-G]./u.test(name)) || (names.length > 1 && /\s{2}|\|/u.test(text))
}

const IN_SQUARE = `[[【〔]\\s*${LABEL}(?!\\p{L})[^\\]】〕]*[\\]】〕]`
const IN_ROUND = `[(（]\\s*(?:${LABEL}\\s*(?:[:：][^)）]*)?|[男女合齊齐領领眾众])\\s*[)）]`
const LABEL_BEFORE = new RegExp(
  `^(?:${IN_SQUARE}|${IN_ROUND}|(?:${LABEL}|${SINGER})\\s*[:：])\\s*(?=\\S)`,
  'iu',
)
const IN_TIMES = `(?:(?:repeat|sing)\\s*)?(?:${TIMES}|${TIMES_IN_BRACKETS}|repeat|se repite|重[複复覆])`
const TIMES_AFTER = new RegExp(
  `(?:\\s*[([（【]\\s*${IN_TIMES}\\s*[)\\]）】]|\\s+(?:[x×✕*]\\s*\\d{1,2}|\\d{1,2}[x×✕]))[\\s.]*$`,
  'iu',
)

/** Verses of hymn books are numbered: "1. Amazing grace", "2、我罪已得赦免". */
const NUMBER_BEFORE = /^(?:\d{1,2}[.)、．]|[①-⑳])\s*(?=["'“‘「『(（¿¡]*\p{L})/u
/** Another singer within the line: 男：主啊 女：我愛祢 */
const SINGER_WITHIN = /(?<=[\s，。；,;！!])[男女合齊齐眾众]\s*[:：]\s*/gu

/**
 * Removes what is not sung from a sung line: chords in brackets, the number of a verse or a label before it
 * ("1. ...", "Chorus: ..."), "(x2)" after it.
 */
export function withoutMarkers(line: string): string {
  const plain = line.replace(CHORD_IN_LINE, '').trim().replace(NUMBER_BEFORE, '')
  return plain.replace(LABEL_BEFORE, '').replace(SINGER_WITHIN, '').replace(TIMES_AFTER, '').trim()
}
