import { AlignError } from '../errors.ts'
import type { GuardOptions } from '../pool/guard.ts'
import type { AlignerOptions } from './options.ts'

export const DEFAULTS = {
  maxConcurrent: 1,
  maxQueue: 16,
  maxAudioSeconds: 300,
  maxAudioBytes: 200 * 1024 * 1024,
  cacheMaxBytes: 10 * 2 ** 30,
  fetchTimeoutSeconds: 60,
  isolation: 'thread',
  stuckSeconds: 120,
  quarantineSeconds: 24 * 3600,
} as const

// Where no limit for the audio in line is given, it holds as many songs of this length as requests may wait, seconds.
const SONG_SECONDS = 300

/** The limits in use. @throws AlignError CONFIG_INVALID naming the option */
export function limitsOf(options: AlignerOptions) {
  const maxQueue = options.maxQueue ?? DEFAULTS.maxQueue
  const limits = {
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
  for (const name of ['maxAudioSeconds', 'maxBytes', 'timeoutSeconds', 'cacheMaxBytes'] as const) {
    if (!(limits[name] > 0))
      throw new AlignError('CONFIG_INVALID', `Expected ${name} above 0, got ${limits[name]}`)
  }
  if (!(limits.maxQueueAudioSeconds >= 0)) {
    const got = limits.maxQueueAudioSeconds
    throw new AlignError('CONFIG_INVALID', `Expected maxQueueAudioSeconds from 0 on, got ${got}`)
  }
  checkCount('maxConcurrent', limits.maxConcurrent, 1)
  checkCount('maxQueue', limits.maxQueue, 0)
  if (options.threads !== undefined) checkCount('threads', options.threads, 1)
  return limits
}

/** How workers are kept. @throws AlignError CONFIG_INVALID naming the option */
export function guardOf({
  isolation = DEFAULTS.isolation,
  stuckSeconds = DEFAULTS.stuckSeconds,
  quarantineSeconds = DEFAULTS.quarantineSeconds,
}: AlignerOptions): Pick<GuardOptions, 'isolation' | 'stuckSeconds' | 'quarantineSeconds'> {
  if (isolation !== 'thread' && isolation !== 'process')
    throw new AlignError('CONFIG_INVALID', `Expected isolation to be thread or process, got ${isolation}`)
  if (!(stuckSeconds > 0))
    throw new AlignError('CONFIG_INVALID', `Expected stuckSeconds above 0, got ${stuckSeconds}`)
  checkCount('quarantineSeconds', quarantineSeconds, 0)
  return { isolation, stuckSeconds, quarantineSeconds }
}

function checkCount(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return
  throw new AlignError(
    'CONFIG_INVALID',
    `Expected ${name} to be a whole number from ${least} on, got ${value}`,
  )
}
