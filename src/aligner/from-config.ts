import type { Config } from '../config/load.ts'
import type { AlignerOptions } from './options.ts'

/** The configuration as options of createAligner. */
export function alignerOptions(config: Config): AlignerOptions {
  const { maxConcurrent, maxQueue, maxAudioSeconds, maxAudioBytes, fetchTimeoutSeconds, allowPrivateUrls } =
    config
  const { modelPath, dtype, decode, threads, cacheDir, cacheMaxBytes, maxQueueAudioSeconds } = config
  const { r2EndpointUrl, r2AccessKeyId, r2SecretAccessKey, fetchPorts } = config
  const { isolation, stuckSeconds, quarantineSeconds } = config
  const storage = { endpoint: r2EndpointUrl, accessKeyId: r2AccessKeyId, secretAccessKey: r2SecretAccessKey }
  return {
    maxConcurrent,
    maxQueue,
    maxAudioSeconds,
    maxAudioBytes,
    fetchTimeoutSeconds,
    allowPrivateUrls,
    isolation,
    stuckSeconds,
    quarantineSeconds,
    cacheMaxBytes,
    ...given({ modelPath, dtype, decode, threads, cacheDir, maxQueueAudioSeconds, fetchPorts }),
    s3: given(storage),
  }
}

/** The values that are there. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
