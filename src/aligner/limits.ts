import { CONFIG_TABLE } from '../config/table.ts'
import type { GuardOptions } from '../pool/guard.ts'
import type { AlignerOptions } from './options.ts'

const { maxConcurrent, maxQueue, maxAudioSeconds, maxAudioBytes, cacheMaxBytes } = CONFIG_TABLE
const { fetchTimeoutSeconds, stuckSeconds, quarantineSeconds } = CONFIG_TABLE

/** As in the service, but for the isolation: threads start faster, and a program of one's own has no others to protect. */
export const DEFAULTS = {
  maxConcurrent: maxConcurrent.fallback,
  maxQueue: maxQueue.fallback,
  maxAudioSeconds: maxAudioSeconds.fallback,
  maxAudioBytes: maxAudioBytes.fallback,
  cacheMaxBytes: cacheMaxBytes.fallback,
  fetchTimeoutSeconds: fetchTimeoutSeconds.fallback,
  isolation: 'thread',
  stuckSeconds: stuckSeconds.fallback,
  quarantineSeconds: quarantineSeconds.fallback,
} as const

// Where no limit for the audio in line is given, it holds as many songs of this length as requests may wait, seconds.
const SONG_SECONDS = 300

/** The limits in use, of options that were checked. */
export function limitsOf(options: AlignerOptions) {
  const maxQueue = options.maxQueue ?? DEFAULTS.maxQueue
  return {
    maxConcurrent: options.maxConcurrent ?? DEFAULTS.maxConcurrent,
    maxQueue,
    maxQueueAudioSeconds: options.maxQueueAudioSeconds ?? maxQueue * SONG_SECONDS,
    maxAudioSeconds: options.maxAudioSeconds ?? DEFAULTS.maxAudioSeconds,
    cacheMaxBytes: options.cacheMaxBytes ?? DEFAULTS.cacheMaxBytes,
    maxBytes: options.maxAudioBytes ?? DEFAULTS.maxAudioBytes,
    timeoutSeconds: options.fetchTimeoutSeconds ?? DEFAULTS.fetchTimeoutSeconds,
    allowFiles: options.allowFiles ?? true,
    allowPrivateUrls: options.allowPrivateUrls ?? false,
    ...(options.fetchPorts && { fetchPorts: options.fetchPorts }),
    ...(options.s3 && { s3: options.s3 }),
  }
}

/** How workers are kept, of options that were checked. */
export function guardOf({
  isolation = DEFAULTS.isolation,
  stuckSeconds = DEFAULTS.stuckSeconds,
  quarantineSeconds = DEFAULTS.quarantineSeconds,
}: AlignerOptions): Pick<GuardOptions, 'isolation' | 'stuckSeconds' | 'quarantineSeconds'> {
  return { isolation, stuckSeconds, quarantineSeconds }
}
