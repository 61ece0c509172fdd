import { AlignError, type ErrorCode } from '../index.ts'

/** What to do about each error at the command line. */
const REMEDIES: Record<ErrorCode, string> = {
  LYRICS_EMPTY: 'Give a text with at least one line that is sung; names of parts ([Verse 1], 副歌) are not.',
  LYRICS_UNREADABLE: 'Check the path. A text in another encoding needs --encoding (big5, gb18030, ...).',
  LYRICS_TOO_LARGE: 'Give the lyrics of this recording alone.',
  AUDIO_TOO_LONG: 'Allow more with --max-audio-seconds; memory grows with the length.',
  AUDIO_TOO_SHORT: 'Check that the recording is the whole song.',
  OUTPUT_EXISTS:
    'Name another file with --out, or allow it with --overwrite. Recordings and lyrics are never replaced.',
  BODY_TIMEOUT: 'Send the whole request without long pauses.',
  AUDIO_TOO_LARGE: 'Allow more with SOW_QWEN3_MAX_AUDIO_BYTES, or convert to mp3, ogg or flac.',
  AUDIO_UNREADABLE: 'Play the file to see whether it is whole, or convert it: ffmpeg -i FILE song.mp3',
  AUDIO_FETCH_FAILED: 'Check the path or address, and that it can be opened from here.',
  AUDIO_FETCH_TIMEOUT: 'Try again later, or allow more with SOW_QWEN3_FETCH_TIMEOUT_SECONDS.',
  AUDIO_URL_FORBIDDEN: 'Give a path, or an http, https, file or s3 URL.',
  STORAGE_NOT_CONFIGURED: 'Set the variables named above; sow-align doctor shows which are set.',
  LANGUAGE_UNSUPPORTED: 'Leave --language out to go by the script of the text.',
  CONFIG_INVALID: 'Change the option or environment variable named above.',
  MODEL_INVALID: 'Check the model folder with sow-align doctor, or leave it out for the embedded model.',
  MODEL_NOT_READY: 'Try again in a moment.',
  CACHE_UNWRITABLE: 'Make the folder writable, or leave SOW_QWEN3_CACHE_DIR out.',
  ALIGNMENT_FAILED: 'This is a fault of ours: please report it with what sow-align doctor prints.',
  CANCELLED: 'Start again when you like.',
  BODY_INVALID: 'Compare the input with the documentation.',
  UNAUTHORIZED: 'Give the key.',
  NOT_FOUND: 'Check the address.',
  METHOD_NOT_ALLOWED: 'Check the method.',
  INPUT_QUARANTINED:
    'Run it where WORKER_ISOLATION is process, and look into the log for what ended its workers.',
  QUEUE_FULL: 'Try again in a moment.',
  RATE_LIMITED: 'Try again in a moment.',
  DRAINING: 'Try again in a moment.',
  DEADLINE_EXCEEDED: 'Allow more time.',
}

/** An error in plain words, with its code and what to do about it. Ends with a line end. */
export function explain(error: unknown): string {
  if (error instanceof AlignError) {
    return `error [${error.code}]: ${error.message}\n  ${REMEDIES[error.code]}\n`
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `error: ${text}\n  ${REMEDIES.ALIGNMENT_FAILED}\n`
}
