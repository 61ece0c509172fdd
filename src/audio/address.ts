import { lookup } from 'node:dns/promises'
import ipaddr from 'ipaddr.js'
import { AlignError } from '../errors.ts'

/** An address a name stands for. */
export type Address = { address: string; family: number }

/** Finds the addresses of a name; node:dns where nothing else is given. */
export type Resolve = (host: string) => Promise<Address[]>

/** Ports that may be connected to, first and last. */
export type PortRange = readonly [first: number, last: number]

/** Where audio of the public is: the ports of mail, shells, databases and caches are nobody's audio. */
export const PUBLIC_PORTS: readonly PortRange[] = [
  [80, 80],
  [443, 443],
  [8080, 8080],
  [8443, 8443],
]

/** In a network of one's own storages are on ports of all kinds (MinIO on 9000), but not below these. */
export const PRIVATE_PORTS: readonly PortRange[] = [
  [80, 80],
  [443, 443],
  [1024, 65_535],
]

/** NAT64 (RFC 6052): the last 32 bits are the IPv4 address that is reached. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

/** Of a public range, but answered by the host of a virtual machine (Azure): metadata, and no one's audio. */
const HOST_SERVICES = new Set(['168.63.129.16'])

/** Names of this machine by definition, whatever a resolver says (RFC 6761, 6.3). */
const LOCAL_NAME = /(^|\.)localhost\.?$/

/** All global IPv6 addresses there are so far (RFC 4291, 2.5.4); the rest wraps IPv4 or is special. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3')

/** Of these some are for documentation and protocols, which ipaddr.js may count as unicast (RFC 9637, RFC 2928). */
const SPECIAL_IPV6 = ['3fff::/20', '2001::/23'].map((range) => ipaddr.IPv6.parseCIDR(range))

/**
 * Checks what can be checked of a URL without asking anyone.
 * @throws AlignError AUDIO_URL_FORBIDDEN
 */
export function checkUrl(url: URL, ports: readonly PortRange[] = PUBLIC_PORTS): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw forbidden(`an http, https or s3 URL, got ${url.protocol}//`)
  }
  if (url.username || url.password) throw forbidden('a URL without user name and password, got one with them')
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  if (!ports.some(([first, last]) => first <= port && port <= last)) {
    throw forbidden(`port ${describePorts(ports)}, got ${port}`)
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
  if (LOCAL_NAME.test(host) && !isAllowed('127.0.0.1')) {
    throw forbidden('a public address, got localhost, which is this machine')
  }
  const addresses = literal ? [{ address: host, family: host.includes(':') ? 6 : 4 }] : await resolve(host)
  const hidden = addresses.find(({ address }) => !isAllowed(address))
  if (hidden) {
    throw forbidden(`a public address, got ${literal ? '' : `${host}, which is `}${rangeOf(hidden.address)}`)
  }
  if (addresses.length === 0) {
    throw new AlignError('AUDIO_FETCH_FAILED', `Expected ${host} to have an address, got none`, {
      retryable: true,
    })
  }
  return addresses
}

/** Whether an address can be reached by everyone. IPv4 inside IPv6 counts as the IPv4 that it is. */
export function isPublicAddress(address: string): boolean {
  // A zone (fe80::1%eth0) names an interface of this machine.
  if (!ipaddr.isValid(address) || address.includes('%')) return false
  const parsed = unwrap(address)
  if (parsed.range() !== 'unicast' || HOST_SERVICES.has(parsed.toString())) return false
  if (parsed instanceof ipaddr.IPv4) return true
  return parsed.match(GLOBAL_IPV6) && !SPECIAL_IPV6.some((range) => parsed.match(range))
}

/** The IPv4 address inside ::ffff:0:0/96 and 64:ff9b::/96: where there is only IPv6, every IPv4 host is reached by these. */
function unwrap(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const parsed = ipaddr.process(address)
  if (parsed instanceof ipaddr.IPv4 || !parsed.match(NAT64)) return parsed
  return new ipaddr.IPv4(parsed.toByteArray().slice(12))
}

function rangeOf(address: string): string {
  const range = unwrap(address).range()
  return `a ${range === 'unicast' ? 'reserved' : range} address`
}

/** As in the setting: 80, 443, 8000-8099. */
export function describePorts(ports: readonly PortRange[]): string {
  return ports.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ')
}

async function resolveAll(host: string): Promise<Address[]> {
  return lookup(host, { all: true })
}

function forbidden(what: string): AlignError {
  return new AlignError('AUDIO_URL_FORBIDDEN', `Expected ${what}`)
}
