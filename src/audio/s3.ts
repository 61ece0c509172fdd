import type { Readable } from 'node:stream'
import type { GetObjectCommand, S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import { AlignError } from '../errors.ts'
import { causeOf } from './cause.ts'
import { withRetries } from './retry.ts'
import type { Transfer } from './transfer.ts'
import type { Fetched, Validators } from './validators.ts'

/** An S3-compatible storage (Cloudflare R2, MinIO, AWS). */
export type S3Options = {
  endpoint?: string
  region?: string
  accessKeyId?: string
  secretAccessKey?: string
}

const OUR_KEYS = 'SOW_QWEN3_R2_ACCESS_KEY_ID and SOW_QWEN3_R2_SECRET_ACCESS_KEY'
const AWS_KEYS = 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'

/** What the codes of S3 mean, where trying again does not help. */
const REFUSALS: Record<string, string> = {
  NoSuchBucket: 'no such bucket',
  NoSuchKey: 'no such key in this bucket',
  AccessDenied: 'access denied: the credentials may not read it',
  InvalidAccessKeyId: 'an unknown access key: check SOW_QWEN3_R2_ACCESS_KEY_ID or AWS_ACCESS_KEY_ID',
  SignatureDoesNotMatch: 'a wrong secret: check SOW_QWEN3_R2_SECRET_ACCESS_KEY or AWS_SECRET_ACCESS_KEY',
  ExpiredToken: 'credentials that have expired: get new ones (AWS_SESSION_TOKEN)',
  RequestTimeTooSkewed: 'a request that is too old: the clocks of storage and this machine differ',
  PermanentRedirect: 'a bucket in another region: check the region and endpoint',
}

/**
 * Fetches an object, with up to two more attempts where the storage fails; not if it is the version that is known.
 * The SDK is loaded here, when it is first needed, to keep the start fast.
 */
export async function fetchS3(
  { bucket, key }: { bucket: string; key: string },
  options: S3Options | undefined = {},
  transfer: Transfer,
  known?: Validators,
): Promise<Fetched | 'not-modified'> {
  checkKeys(options)
  const sdk = await import('@aws-sdk/client-s3')
  const client = new sdk.S3Client(configOf(options))
  const condition = known?.etag ? { IfNoneMatch: known.etag } : {}
  const get = () =>
    getObject(client, new sdk.GetObjectCommand({ Bucket: bucket, Key: key, ...condition }), transfer)
  try {
    return await withRetries(get, (error) => failureOf(error, `${bucket}/${key}`), transfer.signal)
  } finally {
    client.destroy()
  }
}

async function getObject(
  client: S3Client,
  command: GetObjectCommand,
  transfer: Transfer,
): Promise<Fetched | 'not-modified'> {
  const answer = await send(client, command, transfer)
  if (answer === 'not-modified') return answer
  const { Body, ContentLength, ETag: etag } = answer
  transfer.alive()
  const body = Body as AsyncIterable<Uint8Array> & Readable
  try {
    if (ContentLength) transfer.checkSize(ContentLength)
    return { bytes: await transfer.collect(body), ...(etag && { validators: { etag } }) }
  } finally {
    body.destroy()
  }
}

/** The SDK takes 304 for an error. */
async function send(client: S3Client, command: GetObjectCommand, { signal }: Transfer) {
  try {
    return await client.send(command, { abortSignal: signal })
  } catch (error) {
    const asked = command.input.IfNoneMatch !== undefined
    if (asked && (error as S3Failure).$metadata?.httpStatusCode === 304) return 'not-modified' as const
    throw error
  }
}

function checkKeys({ accessKeyId, secretAccessKey }: S3Options): void {
  if (accessKeyId && !secretAccessKey) throw notConfigured('SOW_QWEN3_R2_SECRET_ACCESS_KEY is not set')
  if (secretAccessKey && !accessKeyId) throw notConfigured('SOW_QWEN3_R2_ACCESS_KEY_ID is not set')
}

/** Where an endpoint is given it is no AWS: its buckets are in the path, and "auto" is the region of R2. */
function configOf({ endpoint, region, accessKeyId, secretAccessKey }: S3Options): S3ClientConfig {
  const where = region ?? (endpoint ? 'auto' : undefined)
  return {
    maxAttempts: 1, // attempts are counted here, because those of the SDK end where the body begins
    responseChecksumValidation: 'WHEN_REQUIRED', // not every storage sends the checksums of AWS
    ...(endpoint && { endpoint, forcePathStyle: true }),
    ...(where && { region: where }),
    ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
  }
}

type S3Failure = Error & {
  code?: string
  $metadata?: { httpStatusCode?: number; clockSkewCorrected?: boolean }
}

function failureOf(error: unknown, location: string): AlignError {
  if (error instanceof AlignError) return error
  const { name, message, code, $metadata } = error as S3Failure
  if (name === 'CredentialsProviderError') return notConfigured('none are set', error)
  if (message === 'Region is missing') return notConfigured('AWS_REGION is not set', error)
  const status = $metadata?.httpStatusCode
  const got = REFUSALS[name] ?? code ?? `${name}${status ? ` (HTTP ${status})` : ''}`
  return new AlignError('AUDIO_FETCH_FAILED', `Expected audio at s3://${location}, got ${got}`, {
    retryable: isRetryable(error as S3Failure),
    cause: causeOf(error),
  })
}

function isRetryable({ name, $metadata }: S3Failure): boolean {
  // The SDK has set its clock by the storage's, so that the next attempt is in time.
  if ($metadata?.clockSkewCorrected) return true
  const status = $metadata?.httpStatusCode
  const later = name === 'SlowDown' || status === undefined || status >= 500 || status === 429
  return later && !(name in REFUSALS)
}

function notConfigured(got: string, cause?: unknown): AlignError {
  const expected = `Expected the storage's credentials in ${OUR_KEYS}, or ${AWS_KEYS}`
  return new AlignError(
    'STORAGE_NOT_CONFIGURED',
    `${expected}; ${got}`,
    cause ? { cause: causeOf(cause) } : {},
  )
}
