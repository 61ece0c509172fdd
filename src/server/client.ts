import ipaddr from 'ipaddr.js'

/** What asks Bun for the address of a request. */
type BunServer = { requestIP(request: Request): { address: string } | null }

/**
 * The network of the client: its IPv4 address, or the 64 bits of its IPv6 address that one subscriber has at least. What
 * proxies claim is not looked at, for anyone can claim it: behind a proxy all clients are one.
 */
export function clientNetwork(request: Request, server: unknown): string {
  const address = addressOf(request, server as BunServer | null)
  if (address === undefined || !ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return `${Buffer.from(parsed.toByteArray().slice(0, 8)).toString('hex')}/64`
}

function addressOf(request: Request, server: BunServer | null): string | undefined {
  if ('Bun' in globalThis) return server?.requestIP(request)?.address
  // The Node adapter adds it to its requests.
  return (request as Request & { ip?: string }).ip
}
