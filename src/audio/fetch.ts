import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { pipeline } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { AlignError } from '../errors.ts'
import { type Address, addressesOf, checkUrl, type PortRange, type Resolve } from './address.ts'
import { causeOf } from './cause.ts'
import { describeSource } from './describe.ts'
import { withRetries } from './retry.ts'
import type { Transfer } from './transfer.ts'
import { conditionsOf, type Fetched, type Validators, validatorsOf } from './validators.ts'

export type HttpOptions = {
  /** Which addresses may be connected to. */
  isAllowed: (address: string) => boolean
  /** Which ports may be connected to; those of {@link checkUrl} where it is not given. */
  ports?: readonly PortRange[] | undefined
  /** Finds the addresses of a name. */
  resolve?: Resolve | undefined
}

const MAX_REDIRECTS = 5

/** With content and without: any other 2xx is not the whole recording (204 No Content, 206 Partial Content). */
const WHOLE = new Set([200, 203])
const NOT_MODIFIED = 304

/** 4xx that mean "later": Request Timeout, Too Early, Too Many Requests. */
const RETRYABLE_STATUSES = new Set([408, 425, 429])

const DECODERS: Record<string, () => NodeJS.ReadWriteStream> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/** Fetches a URL, with up to two more attempts where the storage fails; not if it is the version that is known. */
export function fetchHttp(
  url: URL,
  options: HttpOptions,
  transfer: Transfer,
  known?: Validators,
): Promise<Fetched | 'not-modified'> {
  return withRetries(
    () => fetchOnce(url, options, transfer, known),
    (error) => asFailure(error, url),
    transfer.signal,
  )
}

/** Follows redirects; each URL is checked like the first. */
async function fetchOnce(
  url: URL,
  options: HttpOptions,
  transfer: Transfer,
  known: Validators | undefined,
): Promise<Fetched | 'not-modified'> {
  let target = url
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    checkUrl(target, options.ports)
    const addresses = await addressesOf(target, options.isAllowed, options.resolve)
    const conditions = conditionsOf(known, target)
    const response = await open(target, addresses, conditions, transfer.signal)
    try {
      transfer.alive()
      const next = redirectOf(response, target)
      if (!next) return await answerOf(response, target, conditions, transfer)
      target = next
    } finally {
      response.destroy()
    }
  }
  throw new AlignError('AUDIO_FETCH_FAILED', `Expected at most ${MAX_REDIRECTS} redirects, got more`)
}

async function answerOf(
  response: IncomingMessage,
  target: URL,
  conditions: Record<string, string>,
  transfer: Transfer,
): Promise<Fetched | 'not-modified'> {
  const asked = Object.keys(conditions).length > 0
  if (response.statusCode === NOT_MODIFIED && asked) return 'not-modified'
  const bytes = await bodyOf(response, target, transfer)
  const validators = validatorsOf(response.headers, target)
  return { bytes, ...(validators && { validators }) }
}

/** Connects to one of the checked addresses, whatever the name stands for by now. */
function open(
  url: URL,
  addresses: Address[],
  conditions: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const request: typeof requestHttp = url.protocol === 'https:' ? requestHttps : requestHttp
  let pinned = isIP(url.hostname.replace(/^\[|\]$/g, '')) > 0
  return new Promise((resolve, reject) => {
    const pending = request(url, {
      agent: false,
      signal,
      headers: {
        'user-agent': 'sow-align',
        accept: '*/*',
        'accept-encoding': 'gzip, deflate, br',
        ...conditions,
      },
      lookup(_host, { all }, answer) {
        pinned = true
        if (all) answer(null, addresses)
        else answer(null, addresses[0]!.address, addresses[0]!.family)
      },
    })
    pending.on('response', (response) => {
      if (pinned) return resolve(response)
      response.destroy()
      reject(
        new AlignError('AUDIO_URL_FORBIDDEN', 'Expected a runtime that connects to the address it is given'),
      )
    })
    pending.on('error', reject)
    pending.end()
  })
}

function redirectOf({ statusCode = 0, headers }: IncomingMessage, url: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode) || !headers.location) return undefined
  if (!URL.canParse(headers.location, url.href)) {
    throw new AlignError('AUDIO_FETCH_FAILED', 'Expected a URL to be redirected to, got a malformed one')
  }
  return new URL(headers.location, url)
}

async function bodyOf(response: IncomingMessage, url: URL, transfer: Transfer): Promise<Uint8Array> {
  const { statusCode = 0, headers } = response
  if (!WHOLE.has(statusCode)) throw refusal(statusCode, url)
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  const declared = Number(headers['content-length'])
  if (encoding === 'identity' || encoding === '') {
    if (declared) transfer.checkSize(declared)
    return transfer.collect(response)
  }
  const decoder = DECODERS[encoding]?.()
  if (!decoder) {
    throw new AlignError('AUDIO_FETCH_FAILED', `Expected gzip, deflate, br or no encoding, got ${encoding}`)
  }
  // Errors of either stream come out of the decoder, which is read.
  pipeline(response, decoder, () => undefined)
  return transfer.collect(decoder as AsyncIterable<Uint8Array> & NodeJS.ReadWriteStream)
}

function refusal(status: number, url: URL): AlignError {
  const retryable = status >= 500 || RETRYABLE_STATUSES.has(status)
  return new AlignError(
    'AUDIO_FETCH_FAILED',
    `Expected audio at ${describeSource(url)}, got HTTP ${status}`,
    {
      retryable,
    },
  )
}

/** A connection that breaks, or a name that is not found, may be better in a while. */
function asFailure(error: unknown, url: URL): AlignError {
  if (error instanceof AlignError) return error
  const reason =
    error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error)
  return new AlignError('AUDIO_FETCH_FAILED', `Expected audio at ${describeSource(url)}, got ${reason}`, {
    retryable: true,
    cause: causeOf(error),
  })
}
