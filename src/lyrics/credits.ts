/** What song sheets, LRC files and sites of lyrics say about the song, and nobody sings. */
import { isRole } from './roles.ts'

const WORK =
  '(?:words|lyrics?|music|text|tune|written|composed|arranged|arrangement|composer|lyricist|arranger|producer|produced|translated|translation|artist|album|vocals?|letra|música|letra y música|letra e música|paroles|musique|musik)'
const ABOUT =
  '(?:original key|key|capo|tempo|bpm|time signature|ccli(?: (?:song|license|licence))?|copyright|isrc)'
const CJK_WORK =
  '(?:(?:作|填|譯|译|原)?[詞词](?:曲)?|(?:作|編|编|譜|谱|原)?曲|[詞词]\\s*[/、&]\\s*曲|曲\\s*[/、&]\\s*[詞词]|演唱者?|原唱|主唱|歌手|專輯|专辑|製作人?|制作人?|監製|监制|和聲|和声|調性?|调性?|編|编|作詞|作曲|編曲|歌|작사|작곡|편곡)'

const CREDITS = [
  // "Words and music by A. Writer", "Music: Someone"; "Written by" alone may be sung
  new RegExp(`^${WORK}(?:\\s*(?:and|&|\\/|,|y|e|et|und)\\s*${WORK})?\\s*(?:by\\s*)?:\\s*\\S`, 'iu'),
  /^(?:[Ww]ords|[Ll]yrics|[Mm]usic)(?:\s*(?:[Aa]nd|&|\/)\s*(?:[Ww]ords|[Ll]yrics|[Mm]usic))?\s+[Bb]y\s+\p{Lu}/u,
  new RegExp(`^${ABOUT}\\s*[:#=]\\s*\\S`, 'iu'),
  /^capo\s+\d{1,2}$/iu,
  /^ccli\s.*\d/iu,
  /^(?:[©℗]|\(c\)\s*\d{4}|copyright\s+(?:[©]|\(c\)|\d{4}))/iu,
  /^(?:all rights reserved|used by permission|international copyright secured|public domain|版[權权]所有)/iu,
  new RegExp(`^${CJK_WORK}\\s*(?:[:：]|\\s[-–—]\\s)\\s*\\S`, 'u'),
]

/** What sites put between or around the lines; what is glued to another of its kind is meant, too. */
const OF_SITES = [
  /^you might also like(?:see .{1,60} liveget tickets as low as \$\d{1,5})?$/iu,
  /^(?:see .{1,60} live)?get tickets as low as \$\d{1,5}(?:you might also like)?$/iu,
  /^\d{0,4}embed$/iu,
  /^\d{1,4} contributors?(?:.{0,200} lyrics)?$/iu,
  /^(?:source|lyrics licensed & provided by|lyrics (?:by|from|provided by))[: ]{1,3}(?:lyricfind|musixmatch|genius|azlyrics)/iu,
  /^\*{3,9} ?this lyrics is not for commercial use ?\*{3,9}$/iu,
  /^(?:https?:\/\/|www\.)\S{3,150}$/iu,
  /^(?:更多更[詳详][盡尽]歌[詞词]|※ ?mojim)/iu,
]

/** Sentences about rights and where the text is from: only before the first verse and after the last. */
const ABOUT_RIGHTS =
  /版[权權]|著作[权權]|未[经經].{0,20}(?:许可|許可|授[权權]|同意)|不得(?:翻唱|使用|翻[录錄])|以下歌[词詞]翻[译譯]由|歌[词詞](?:来源|來源|提供|翻[译譯])|all rights|lyrics ©|[©℗]|admin(?:istered)?\. by|무단|転載/iu

/** Longest credit that is looked at, characters. */
const LONGEST = 200
/** Longest label. "Additional Background Vocals Recording Engineer/附加和声录音师" has 50. */
const LONGEST_LABEL = 60

/** Whether a line tells of the song (words and music by ..., 作詞：..., Key: G, © 2011 ...), wherever it stands. */
export function isCredit(line: string): boolean {
  return line.length <= LONGEST && (CREDITS.some((credit) => credit.test(line)) || isOfSite(line))
}

function isOfSite(line: string): boolean {
  return OF_SITES.some((pattern) => pattern.test(line))
}

/**
 * How much like a credit a line looks, which counts where credits stand.
 * role: what somebody did, and a name, or a sentence about rights; part: a role without a name, or a word before a colon that
 * nothing is known of, and a name; name: a name alone.
 */
export type CreditForm = 'role' | 'part' | 'name' | undefined

/** @param line with its white space, which may stand between label and name */
export function creditForm(line: string): CreditForm {
  if (line.length > LONGEST) return undefined
  const text = withoutBrackets(line.trim())
  if (text === '') return undefined
  if (isCredit(text.normalize('NFKC')) || ABOUT_RIGHTS.test(text)) return 'role'
  const [label, names] = divided(text)
  if (names === undefined) return isNames(text) ? 'name' : undefined
  if (isRole(label)) return isNames(names) ? 'role' : 'part'
  return isTitle(label) && isNames(names) && names !== '' ? 'part' : undefined
}

/** Whether a label that is no role ends as the names of trades do: 某某师, 统筹人, "... Engineer". */
export function isTrade(line: string): boolean {
  const label = divided(line.trim())[0].trim()
  const isBilingual = /\p{Script=Han}/u.test(label) && /[a-z]{3}/iu.test(label)
  return isBilingual || /[师師员員室棚者]$/u.test(label) || (label.length > 5 && /[eo]r$/u.test(label))
}

/** 【...】 and (...) around a whole line. */
function withoutBrackets(text: string): string {
  const pairs = ['()', '（）', '[]', '【】', '《》', '「」']
  return pairs.some((pair) => text.startsWith(pair[0]!) && text.endsWith(pair[1]!))
    ? text.slice(1, -1).trim()
    : text
}

/** "Produced by Anna", "Recorded at Studio 3". */
const BY = /^(.{3,60}?\s(?:by|at|por|par|von))\s{1,9}(?=[\p{Lu}\p{N}\p{Lo}@])/iu
const COLON = /[:：∶﹕︰]/u
const BAR = /\s[-–—|｜]\s|\t|\u3000|\s{2}/u
/** 作詞 松本隆: words for works that stand before a name with one space. */
const CJK_ROLE_BEFORE = /^([\p{Script=Han}\p{Script=Katakana}\p{Script=Hangul}ー・/、&]{2,12})\s(?=\S)/u

/** A line at what stands between label and name; the whole line where nothing does. */
function divided(text: string): [label: string, names?: string] {
  const colon = COLON.exec(text.slice(0, LONGEST_LABEL))
  if (colon) return [text.slice(0, colon.index), text.slice(colon.index + 1)]
  const by = BY.exec(text)?.[1]
  if (by !== undefined && isRole(by)) return [by, text.slice(by.length)]
  const bar = BAR.exec(text.slice(0, LONGEST_LABEL))
  if (bar && isRole(text.slice(0, bar.index)))
    return [text.slice(0, bar.index), text.slice(bar.index + bar[0].length)]
  const cjk = CJK_ROLE_BEFORE.exec(text)?.[1]
  return cjk !== undefined && isRole(cjk) ? [cjk, text.slice(cjk.length)] : [text]
}

/** Speech in a song: 我说：..., "She said: ..."; 你, "I" and the like are in no label of a credit. */
const SPEECH =
  /[说說问問道喊叫讲講答想唱听聽]$|^[我你妳您他她它祢祂咱]|[吗嗎呢吧啊]$|\b(?:i|you|he|she|we|they|it|said|says?|saying|asked|cry|cried|sing|hear|me|my|your)\b|^(?:yo|tú|je|tu|ich|du)\b/iu

/** What may be a label: few words, none of which speaks. */
function isTitle(label: string): boolean {
  const text = label.trim()
  if (text === '' || SPEECH.test(text) || /[,，.。!！?？;；"“”「」…]/u.test(text)) return false
  const words = text.split(/[\s/&+、]+/u)
  const isShort = words.length <= 5 && words.every((word) => word.length <= 20)
  // one letter is a voice (A: ..., B: ...), and so are 男 and 女
  const isVoice = /^(?:[\p{L}\p{N}]|[男女][声聲生]?|合唱?|[齐齊]唱|all|both|men|women)$/iu.test(text)
  return isShort && !isVoice && (/^\p{Lo}/u.test(text) ? text.length <= 24 : /^[\p{Lu}\p{N}]/u.test(text))
}

const SENTENCE = /[。！？!?；;…]|\.(?:\s\p{Ll}|$)|，.*，/u
const LONGEST_NAME = 24
/** Words between the parts of a name, which begin with a small letter. */
const SMALL =
  /^(?:of|the|and|de|da|di|du|van|von|der|la|le|el|y|e|et|und|und|for|at|by|from|feat|ft|with|x|a)\.?$/u

/** Names one after the other: each word begins with a capital, or is short; no sentence. */
function isNames(text: string): boolean {
  const names = text.trim()
  if (
    SENTENCE.test(
      names.replace(/\b(?:Jr|Sr|Inc|Ltd|Co|feat|ft|Vol|No|St|\p{Lu})\.(?=\s|$)|,\s?(?:Inc|Ltd)\.$/gu, ''),
    )
  )
    return false
  const words = names.split(/[\s/&+、,，;|·・()（）[\]@]+/u).filter((word) => word !== '')
  const small = words.filter((word) => /^\p{Ll}/u.test(word) && !SMALL.test(word))
  return (
    small.length <= Math.min(1, words.length / 3) &&
    words.every((word) => word.length <= LONGEST_NAME || !/\p{Lo}/u.test(word))
  )
}
