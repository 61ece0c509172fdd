export {
  type Aligner,
  type AlignerOptions,
  type AlignerStatus,
  type AlignOptions,
  createAligner,
  DEFAULTS,
} from './aligner/aligner.ts'
export type { S3Options } from './audio/s3.ts'
export { VERSION } from './config/version.ts'
export { AlignError, type AlignErrorOptions, ERROR_CODES, type ErrorCode } from './errors.ts'
export { toEnhancedLrc } from './format/enhanced-lrc.ts'
export { type Format, formatAlignment, formats, isFormat } from './format/format.ts'
export { type JsonAlignment, type JsonLine, type JsonVerdict, type JsonWord, toJson } from './format/json.ts'
export { toLrc } from './format/lrc.ts'
export { toSrt } from './format/srt.ts'
export { toVtt } from './format/vtt.ts'
export { type LanguageCode, SUPPORTED_LANGUAGES } from './lyrics/language.ts'
export { parseLyrics } from './lyrics/parse.ts'
export { MAX_LYRIC_CHARACTERS, MAX_LYRIC_LINES } from './lyrics/size.ts'
export {
  type AlignedLine,
  type AlignedUnit,
  type Alignment,
  type AudioSource,
  type LineKind,
  type LineStatus,
  type LyricLine,
  type ModelInfo,
  type Progress,
  type Span,
  STAGES,
  type Stage,
  type Verdict,
  type VerdictLevel,
} from './types.ts'
