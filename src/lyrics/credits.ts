/** What song sheets and LRC files say about the song, and nobody sings. */

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

/** Longest credit that is looked at, characters. */
const LONGEST = 200

/** Whether a line tells of the song (words and music by ..., 作詞：..., Key: G, © 2011 ...). */
export function isCredit(line: string): boolean {
  return line.length <= LONGEST && CREDITS.some((credit) => credit.test(line))
}
