import { lookup } from 'node:dns/promises'
import ipaddr from 'ipaddr.js'
import { AlignError } from '../errors.ts'

/** An address a name stands for. */
export type Address = { address: string; family: number }

/** Finds the addresses of a name; node:dns where nothing else is given. */
export type Resolve = (host: string) => Promise<Address[]>

/** Below this only 80 and 443: the ports of mail, shells and file shares are nobody's audio. */
const FIRST_FREE_PORT = 1024

/** All global IPv6 addresses there are so far (RFC 4291, 2.5.4); the rest wraps IPv4 or is special. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Checks what can be checked of a URL without asking anyone.
 * @throws AlignError AUDIO_URL_FORBIDDEN
 */
export function checkUrl(url: URL): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw forbidden(`an http, https or s3 URL, got ${url.protocol}//`)
  }
  if (url.username || url.password) throw forbidden('a URL without user name and password, got one with them')
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  if (port !== 80 && port !== 443 && port < FIRST_FREE_PORT) {
    throw forbidden(`port 80, 443 or one from ${FIRST_FREE_PORT} on, got ${port}`)
  }
}

/**
 * The addresses to connect to, each of them checked. Connect to these and no others: asked again, the name may stand
 * for something else.
 * @throws AlignError AUDIO_URL_FORBIDDEN where any of them is not allowed
 */
export async function addressesOf(
  url: URL,
  isAllowed: (address: string) => boolean,
  resolve: Resolve = resolveAll,
): Promise<Address[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const literal = ipaddr.isValid(host)
  const addresses = literal ? [{ address: host, family: host.includes(':') ? 6 : 4 }] : await resolve(host)
  const hidden = addresses.find(({ address }) => !isAllowed(address))
  if (hidden) {
    throw forbidden(`a public address, got ${literal ? '' : `${host}, which is `}${rangeOf(hidden.address)}`)
  }
  return addresses
}

/** Whether an address can be reached by everyone. IPv4 inside IPv6 counts as the IPv4 that it is. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  if (parsed.range() !== 'unicast') return false
  return parsed.kind() === 'ipv4' || (parsed as ipaddr.IPv6).match(GLOBAL_IPV6)
}

function rangeOf(address: string): string {
  const range = ipaddr.process(address).range()
  return `a ${range === 'unicast' ? 'reserved' : range} address`
}

async function resolveAll(host: string): Promise<Address[]> {
  return lookup(host, { all: true })
}

function forbidden(what: string): AlignError {
  return new AlignError('AUDIO_URL_FORBIDDEN', `Expected ${what}`)
}
