import { closest } from 'fastest-levenshtein'
import type { S3Options } from '../audio/s3.ts'
import { type Check, CONFIG_TABLE, flag, oneOf, text } from '../config/table.ts'
import { AlignError } from '../errors.ts'
import { STRUCTURES } from '../types.ts'
import type { AlignerOptions, AlignOptions } from './options.ts'

/** What an option may be. */
export type Option = Check<unknown> & {
  /** Its value is never shown. */
  secret?: true
  /** The options within. */
  within?: Table
}

export type Table = Readonly<Record<string, Option>>
export type TableOf<T> = { readonly [K in keyof Required<T>]: Option }

export const callback: Option = { expected: 'a function', is: (value) => typeof value === 'function' }
const options: Option = { expected: 'an object', is: isObject }
export const signal: Option = { expected: 'an AbortSignal', is: isSignal }

const { r2EndpointUrl, r2AccessKeyId, r2SecretAccessKey } = CONFIG_TABLE

const STORAGE_OPTIONS: TableOf<S3Options> = {
  endpoint: r2EndpointUrl.reader,
  region: text,
  accessKeyId: { ...r2AccessKeyId.reader, secret: true },
  secretAccessKey: { ...r2SecretAccessKey.reader, secret: true },
}

/** The options of createAligner: those that are settings of the service as well are checked as these are. */
export const ALIGNER_OPTIONS: TableOf<AlignerOptions> = {
  maxConcurrent: CONFIG_TABLE.maxConcurrent.reader,
  modelPath: CONFIG_TABLE.modelPath.reader,
  threads: CONFIG_TABLE.threads.reader,
  maxQueue: CONFIG_TABLE.maxQueue.reader,
  maxQueueAudioSeconds: CONFIG_TABLE.maxQueueAudioSeconds.reader,
  cacheDir: CONFIG_TABLE.cacheDir.reader,
  cacheMaxBytes: CONFIG_TABLE.cacheMaxBytes.reader,
  dtype: CONFIG_TABLE.dtype.reader,
  decode: CONFIG_TABLE.decode.reader,
  onLoading: callback,
  maxAudioSeconds: CONFIG_TABLE.maxAudioSeconds.reader,
  maxAudioBytes: CONFIG_TABLE.maxAudioBytes.reader,
  fetchTimeoutSeconds: CONFIG_TABLE.fetchTimeoutSeconds.reader,
  allowFiles: flag,
  allowPrivateUrls: CONFIG_TABLE.allowPrivateUrls.reader,
  fetchPorts: CONFIG_TABLE.fetchPorts.reader,
  isolation: CONFIG_TABLE.isolation.reader,
  stuckSeconds: CONFIG_TABLE.stuckSeconds.reader,
  quarantineSeconds: CONFIG_TABLE.quarantineSeconds.reader,
  s3: { ...options, within: STORAGE_OPTIONS },
  onWarning: callback,
}

/** The options of align. Which languages there are is told by another code. */
export const ALIGN_OPTIONS: TableOf<AlignOptions> = {
  language: text,
  structure: oneOf(STRUCTURES),
  signal,
  onProgress: callback,
  onFetched: callback,
  force: flag,
}

/**
 * A copy of the options that are given; undefined is as good as not given.
 * @throws AlignError CONFIG_INVALID with name, expectation and value of every option that cannot work
 */
export function checkAlignerOptions(given: AlignerOptions): AlignerOptions {
  return checkOptions(ALIGNER_OPTIONS, given)
}

/** @throws AlignError CONFIG_INVALID, as {@link checkAlignerOptions} */
export function checkAlignOptions(given: AlignOptions): AlignOptions {
  return checkOptions(ALIGN_OPTIONS, given)
}

/** @throws AlignError CONFIG_INVALID with name, expectation and value of every option that cannot work */
export function checkOptions<T extends object>(table: TableOf<T> & Table, given: T): T {
  const problems: string[] = []
  const checked = readOptions(table, given, '', problems)
  if (problems.length > 0) throw new AlignError('CONFIG_INVALID', problems.join('; '))
  return checked as T
}

/** Reads each once: what is checked is what is used. */
function readOptions(table: Table, given: unknown, prefix: string, problems: string[]): unknown {
  if (!isObject(given)) {
    problems.push(`Expected options as an object, got ${shown(given)}`)
    return given
  }
  const values: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(table)) {
    const value = given[name]
    if (value === undefined) continue
    if (!option.is(value)) {
      const expected = option.expectedValue ?? option.expected
      problems.push(`Expected ${prefix}${name} to be ${expected}, got ${shown(value, option.secret)}`)
    }
    values[name] =
      option.within && isObject(value) ? readOptions(option.within, value, `${name}.`, problems) : value
  }
  const names = Object.keys(table)
  for (const name of Object.keys(given).filter((each) => !Object.hasOwn(table, each))) {
    const [unknown, meant] = [shortened(name), closest(name.slice(0, LONGEST), names)]
    problems.push(`Expected a known option, got ${prefix}${unknown}; did you mean ${prefix}${meant}?`)
  }
  return values
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** By what is used of it, so that those of other realms are as good. */
function isSignal(value: unknown): value is AbortSignal {
  return isObject(value) && typeof value.aborted === 'boolean' && typeof value.addEventListener === 'function'
}

// Of a text that came, characters.
const LONGEST = 100

function shortened(value: string): string {
  return value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value
}

/** What came, for a message: of texts and numbers the value, of all else the kind. */
function shown(value: unknown, secret = false): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'another object'
  if (secret) return `another ${typeof value}`
  if (typeof value === 'string') return JSON.stringify(shortened(value))
  return typeof value === 'number' ? String(value) : `a ${typeof value}`
}
