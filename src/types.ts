/** The data that flows through the stages. All times are seconds from the start of the recording. */

/** Seconds from the start of the recording; start <= end. */
export type Span = { start: number; end: number }

/** Decoded audio: one Float32Array per channel, all of one length, samples in [-1, 1]. */
export type Pcm = { channels: Float32Array[]; sampleRate: number }

/** One channel of audio, samples in [-1, 1]. */
export type MonoPcm = { samples: Float32Array; sampleRate: number }

/** Where a recording comes from: a path, an http(s) URL, s3://bucket/key, or the bytes themselves. */
export type AudioSource = string | URL | Uint8Array | Blob

/** `sung` lines are aligned; `marker` lines ([Verse], 副歌) and `blank` ones only take a place in time. */
export type LineKind = 'sung' | 'marker' | 'blank'

/** One line of the lyrics as given. `index` counts from 0; `text` is byte-identical to the input line. */
export type LyricLine = {
  index: number
  text: string
  kind: LineKind
  /** What is sung of it: normalised (NFC, LRC tags and outer white space removed). Empty unless `sung`. */
  sung: string
  /** The time of an LRC tag found on the line, seconds. A hint only, never trusted. */
  hint?: number
}

/** The smallest thing with a time of its own: a word, or one CJK character. */
export type Unit = {
  /** Index of its line. */
  line: number
  /** As in the line, punctuation included. */
  text: string
  /** Language code of the unit ('zh', 'en', ...), or '' when it cannot be told. */
  language: string
  /** What the acoustic model hears: letters a-z and ', no spaces; '' where nothing can be pronounced. */
  romanized: string
}

/**
 * What the acoustic model heard. `logProbs` is row-major [frames, vocabulary.length], natural log; `voice` is the
 * probability of singing or speech per frame. Frame t is centred on t * hop seconds.
 */
export type Emissions = {
  logProbs: Float32Array
  frames: number
  vocabulary: readonly string[]
  /** Index of the blank in `vocabulary`. */
  blank: number
  /** Seconds between frames. */
  hop: number
  voice?: Float32Array
}

/** What of the emissions is not said by the model alone: enough to align other lyrics without hearing again. */
export type Heard = Pick<Emissions, 'logProbs' | 'frames' | 'voice'> & {
  /** Length of the recording, seconds. */
  duration: number
  /** Stretches of it that could not be read, ascending. */
  damaged?: Span[]
}

/** Where a unit was found; `confidence` in [0, 1]. */
export type UnitSpan = Span & { confidence: number }

/**
 * - `aligned`: found in the audio, the time can be used as it is.
 * - `suspect`: has a time, but the audio does not support it: look at it before use.
 * - `interpolated`: nothing in it can be pronounced (or heard); its time is derived from its neighbours.
 * - `marker`, `blank`: not sung. A marker stands where the next sung line starts, a blank line where the last one ends.
 */
export type LineStatus = 'aligned' | 'suspect' | 'interpolated' | 'marker' | 'blank'

/** A word or single CJK character with its time. `confidence` in [0, 1]. */
export type AlignedUnit = Span & { text: string; confidence: number }

/** A line of the input with its time. `confidence` in [0, 1], null for marker and blank lines. */
export type AlignedLine = Span & {
  /** Byte-identical to the input line. */
  text: string
  status: LineStatus
  confidence: number | null
  /** Where the Qwen3 engine runs: which engine gave the time; `ctc` where its answer for the line was not accepted. */
  engine?: ModelInfo['engine']
  units: AlignedUnit[]
}

/**
 * The whole song in one word.
 * - `good`: nearly every sung line is aligned, and surely so.
 * - `mixed`: some lines are suspect, or too little could be heard to be sure; use `lines[].status`.
 * - `unreliable`: the text and the recording do not seem to belong together, or too little could be heard.
 */
export type VerdictLevel = 'good' | 'mixed' | 'unreliable'

/** How far the result can be trusted, and why not further. */
export type Verdict = {
  level: VerdictLevel
  /** Lines that are sung, and how many of them are `aligned`. */
  sungLines: number
  alignedLines: number
  /** Mean confidence of the sung lines, [0, 1]. */
  confidence: number
  /** Sentences for people: why the level is not better, and how many lines need a look. Empty when all are aligned. */
  reasons: string[]
}

/** Which model gave the times. */
export type ModelInfo = { name: string; version: string; engine: 'ctc' | 'qwen3' }

/** The acoustic model, as far as what it hears depends on it. */
export type AcousticInfo = {
  /** A hash of its description and its files. */
  identity: string
  /** The languages it is told; none where it is told nothing. */
  languages: readonly string[]
}

/** The recording as it was read. `damaged` are the stretches that could not be, ascending: they count as silence. */
export type AudioReport = {
  /** Length, seconds. */
  seconds: number
  damaged: Span[]
}

/** The answer: as many lines as the lyrics have, in their order. */
export type Alignment = {
  /** Length of the recording, seconds. */
  duration: number
  /** What the recording was like. Results that were kept by earlier versions have none. */
  audio?: AudioReport
  /** Code of the language asked for, or found by script; '' when it cannot be told. */
  language: string
  model: ModelInfo
  lines: AlignedLine[]
  verdict: Verdict
}

/** The stages of a request, in their order; `queued` comes once more where a recording that is at hand waits for its turn. */
export const STAGES = ['queued', 'fetching', 'decoding', 'listening', 'aligning', 'refining', 'done'] as const
export type Stage = (typeof STAGES)[number]

/** `fraction` of the present stage, [0, 1]. */
export type Progress = { stage: Stage; fraction: number }
