import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { pipeline } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { AlignError } from '../errors.ts'
import { type Address, addressesOf, checkUrl, type Resolve } from './address.ts'
import { describeSource } from './describe.ts'
import { pause, type Transfer } from './transfer.ts'

export type HttpOptions = {
  /** Which addresses may be connected to. */
  isAllowed: (address: string) => boolean
  /** Finds the addresses of a name. */
  resolve?: Resolve | undefined
}

const MAX_REDIRECTS = 5
const ATTEMPTS = 3
const FIRST_PAUSE = 250 // ms, doubled for each further one

/** 4xx that mean "later": Request Timeout, Too Early, Too Many Requests. */
const RETRYABLE_STATUSES = new Set([408, 425, 429])

const DECODERS: Record<string, () => NodeJS.ReadWriteStream> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/** Fetches a URL, with up to two more attempts where the storage fails. */
export async function fetchHttp(url: URL, options: HttpOptions, transfer: Transfer): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetchOnce(url, options, transfer)
    } catch (error) {
      transfer.signal.throwIfAborted()
      const failure = asFailure(error, url)
      if (!failure.retryable || attempt === ATTEMPTS) throw failure
      await pause(FIRST_PAUSE * 2 ** (attempt - 1), transfer.signal)
    }
  }
}

/** Follows redirects; each place is checked like the first. */
async function fetchOnce(url: URL, options: HttpOptions, transfer: Transfer): Promise<Uint8Array> {
  let place = url
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    checkUrl(place)
    const addresses = await addressesOf(place, options.isAllowed, options.resolve)
    const response = await open(place, addresses, transfer.signal)
    try {
      transfer.alive()
      const next = redirectOf(response, place)
      if (!next) return await bodyOf(response, place, transfer)
      place = next
    } finally {
      response.destroy()
    }
  }
  throw new AlignError('AUDIO_FETCH_FAILED', `Expected at most ${MAX_REDIRECTS} redirects, got more`)
}

/** Connects to one of the checked addresses, whatever the name stands for by now. */
function open(url: URL, addresses: Address[], signal: AbortSignal): Promise<IncomingMessage> {
  const request: typeof requestHttp = url.protocol === 'https:' ? requestHttps : requestHttp
  let pinned = isIP(url.hostname.replace(/^\[|\]$/g, '')) > 0
  return new Promise((resolve, reject) => {
    const pending = request(url, {
      agent: false,
      signal,
      headers: { 'user-agent': 'sow-align', accept: '*/*', 'accept-encoding': 'gzip, deflate, br' },
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
  if (statusCode < 200 || statusCode > 299) throw refusal(statusCode, url)
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
    cause: error,
  })
}
