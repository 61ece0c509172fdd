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

/**
 * What a line that is not sung says.
 * - `section`: a part of the song begins; `repeat`: something comes again, or so often.
 * - `singer`: who sings; `chords`; `credit`: about the song and its makers.
 * - `translation`: the line before it, or the one of the same time, in another language.
 * - `romanization`: that line in Latin letters.
 * - `direction`: anything else that nobody sings.
 */
export const MARKER_KINDS = [
  'section',
  'repeat',
  'singer',
  'chords',
  'credit',
  'translation',
  'romanization',
  'direction',
] as const
export type MarkerKind = (typeof MARKER_KINDS)[number]

/** What a line, or the label before a sung line, says that is not sung itself. */
export type Marker = {
  kind: MarkerKind
  /** The part that is meant, in English with its number (verse 1, chorus): 副歌, Refrain and Coro are the same. */
  name?: string
  /** How often what is meant is sung. */
  times?: number
}

/** One line of the lyrics as given. `index` counts from 0; `text` is byte-identical to the input line. */
export type LyricLine = {
  index: number
  text: string
  kind: LineKind
  /** What is sung of it: normalised (NFC, LRC tags and outer white space removed). Empty unless `sung`. */
  sung: string
  /** What a line says that is not sung; of a sung line, what the label before it says. */
  marker?: Marker
  /** Who sings it, as the text says: Anna, 男, All. */
  singer?: string
  /** Of a sung line: the same in another language, as another line of the text has it. */
  translation?: string
  /** Of a sung line: the same in Latin letters, as another line of the text has it. */
  romanization?: string
  /** Of a line that is a translation or romanization: the index of the line that is sung. */
  translates?: number
  /** The time of an LRC tag found on the line, seconds. A hint only, never trusted. */
  hint?: number
}

/** What the text says of the order in which it is sung, by index of the line. */
export type Movement = {
  /** Lines that begin a section. */
  sections: ReadonlySet<number>
  /** Where the text says that lines are sung again: after line `after` (-1: at the beginning) the song goes on at line `to`. */
  repeats: readonly { after: number; to: number }[]
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
 * - `unsung`: not found in the recording; its time is that of its neighbours.
 * - `interpolated`: nothing in it can be pronounced; its time is derived from its neighbours.
 * - `marker`, `blank`: not sung. A marker stands where the next sung line starts, a blank line where the last one ends.
 */
export type LineStatus = 'aligned' | 'suspect' | 'unsung' | 'interpolated' | 'marker' | 'blank'

/** A word or single CJK character with its time. `confidence` in [0, 1]. */
export type AlignedUnit = Span & { text: string; confidence: number }

/**
 * Why a line is not `aligned`.
 * - `not_heard`: the sound fits the line no better than chance.
 * - `elsewhere_too`: the same words fit another place about as well.
 * - `squeezed`: sung much faster than the rest of the song.
 * - `stretched`: sung much slower than the rest of the song.
 * - `first_words_detached`: its first words lie apart from the rest.
 * - `out_of_order`: the lines before and after it are sung elsewhere.
 * - `damaged`: the recording is damaged there, so that nothing was heard.
 */
export const DOUBTS = [
  'not_heard',
  'elsewhere_too',
  'squeezed',
  'stretched',
  'first_words_detached',
  'out_of_order',
  'damaged',
] as const
export type DoubtCode = (typeof DOUBTS)[number]

/** A reason to look at a line before use; `message` is a sentence for people. */
export type Doubt = { code: DoubtCode; message: string }

/** One time that a line is sung. `confidence` in [0, 1]: that these words are sung here. */
export type Occurrence = Span & { confidence: number; units: AlignedUnit[] }

/** What is sung at a time; `line` is the index of its line in `lines`. */
export type PerformedLine = Occurrence & {
  line: number
  status: 'aligned' | 'suspect'
  /** Set where the status is `suspect`. */
  doubt?: Doubt
}

/** How lines are sung: `free` leaves lines out, sings them again or in another order; `strict` sings each once, in order. */
export const STRUCTURES = ['free', 'strict'] as const
export type Structure = (typeof STRUCTURES)[number]

/** A line of the input with its time. `confidence` in [0, 1], null for marker and blank lines. */
export type AlignedLine = Span & {
  /** Byte-identical to the input line. */
  text: string
  status: LineStatus
  /** Set where the status is `suspect`. */
  doubt?: Doubt
  confidence: number | null
  /** What a line says that is not sung; of a sung line, what the label before it says. */
  marker?: Marker
  /** Who sings it, as the text says. */
  singer?: string
  /** The same in another language, as another line of the text has it; that line has the marker `translation` and the same time. */
  translation?: string
  /** The same in Latin letters, as another line of the text has it. */
  romanization?: string
  /** Where the Qwen3 engine runs: which engine gave the time; `ctc` where its answer for the line was not accepted. */
  engine?: ModelInfo['engine']
  units: AlignedUnit[]
  /** Every time it is sung, by start. The line's own time is the one that keeps the order of the text best. */
  occurrences: Occurrence[]
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
  /** Lines to be sung, and how many of them are `aligned`. */
  sungLines: number
  alignedLines: number
  /** Mean confidence of the sung lines, [0, 1]. */
  confidence: number
  /** Share of the singing that lies in lines, [0, 1]; null where the model has no voice output. */
  covered: number | null
  /** Share of the letters of the text that are sung, [0, 1]. */
  sung: number
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
  /** What is sung in the order it is sung: every occurrence of every line once, by start; they do not overlap. */
  performance: PerformedLine[]
  /** Stretches of singing of a second and more that are in no line. */
  extra: Span[]
  verdict: Verdict
}

/** The stages of a request, in their order; `queued` comes once more where a recording that is at hand waits for its turn. */
export const STAGES = ['queued', 'fetching', 'decoding', 'listening', 'aligning', 'refining', 'done'] as const
export type Stage = (typeof STAGES)[number]

/** `fraction` of the present stage, [0, 1]. */
export type Progress = { stage: Stage; fraction: number }
