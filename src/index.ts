export { type AlignAllOptions, alignAll, type Song, type SongResult } from './aligner/align-all.ts'
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
export {
  alignFolder,
  type FolderItem,
  type FolderSong,
  type PlannedSong,
  planFolder,
} from './folder/align-folder.ts'
export type { AlignerSource, FolderOptions, FolderProgress } from './folder/options.ts'
export type { SongSummary } from './folder/record.ts'
export { toEnhancedLrc } from './format/enhanced-lrc.ts'
export { FORMAT_FILES, FORMATS, type Format, type FormatFile, formatOfFile } from './format/files.ts'
export { formatAlignment, formats, isFormat } from './format/format.ts'
export {
  type JsonAlignment,
  type JsonLine,
  type JsonOccurrence,
  type JsonPerformed,
  type JsonSpan,
  type JsonVerdict,
  type JsonWord,
  toJson,
} from './format/json.ts'
export { inLayout, LAYOUTS, type Layout } from './format/layout.ts'
export { toLrc } from './format/lrc.ts'
export { type FormatOptions, MARKERS, type Markers } from './format/options.ts'
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
  DOUBTS,
  type Doubt,
  type DoubtCode,
  type LineKind,
  type LineStatus,
  type LyricLine,
  MARKER_KINDS,
  type Marker,
  type MarkerKind,
  type ModelInfo,
  type Occurrence,
  type PerformedLine,
  type Progress,
  type Span,
  STAGES,
  STRUCTURES,
  type Stage,
  type Structure,
  type Verdict,
  type VerdictLevel,
} from './types.ts'
