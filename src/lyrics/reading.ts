/** One word, character or mora of a line, without the punctuation around it. */
export type Reading = {
  /** Where it stands in the line, UTF-16 code units. */
  start: number
  end: number
  /** Letters a-z and ', words separated by single spaces (10,000 is "ten thousand"); '' where it has no sound. */
  romanized: string
  /** Language code, or '' when it cannot be told. */
  language: string
  /** Whether it belongs to the same word as the reading before it (morae of one Japanese word). */
  joined: boolean
}
