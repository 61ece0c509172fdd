import type { Config } from '../config/load.ts'
import type { App } from './app.ts'

/** A server that listens. */
export type Listening = {
  url: string
  /** Takes no new connections, and resolves when the last answer is out; `force` cuts what is left. */
  stop(force?: boolean): Promise<void>
}

/** What the Node adapter hands out beside the common things. */
type NodeServer = {
  ready(): Promise<unknown>
  close(force?: boolean): Promise<void>
  node: { server: { address(): { port: number } | null; maxConnections: number } }
}

/** Seconds that Bun lets a connection be silent; alignments take longer, their own limit is REQUEST_TIMEOUT_SECONDS. */
const BUN_IDLE_SECONDS = 255

/**
 * What a connection may cost on Node before there is a request to answer. Bun has none of these: there a connection that
 * is silent for BUN_IDLE_SECONDS is cut, and heads are limited to 16 KB by itself.
 */
const NODE_LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 15_000,
  keepAliveTimeout: 65_000,
  // How often the two limits of time are looked at.
  connectionsCheckingInterval: 5_000,
}
/** Connections at once on Node; one more is closed. Far above the places, for probes and slow readers. */
const NODE_CONNECTIONS = 4096
/** Beyond the limit of a request, which answers with 504, its body is not waited for. */
const GRACE_MS = 10_000

/**
 * Listens on Node or Bun.
 * @throws the system's error (EADDRINUSE, EACCES, ...) where the address cannot be had
 */
export async function listen(
  app: App,
  { host, port, requestTimeoutSeconds }: Pick<Config, 'host' | 'port' | 'requestTimeoutSeconds'>,
): Promise<Listening> {
  const options = { hostname: host, port, reusePort: false }
  return 'Bun' in globalThis
    ? listenOnBun(app, options)
    : listenOnNode(app, options, requestTimeoutSeconds * 1000 + GRACE_MS)
}

async function listenOnNode(app: App, options: object, requestTimeout: number): Promise<Listening> {
  const limits = { ...NODE_LIMITS, requestTimeout: Math.max(requestTimeout, NODE_LIMITS.headersTimeout) }
  // Signals are ours: the server's own handling would cut running work.
  const nodeOptions = { ...options, gracefulShutdown: false, node: limits }
  const server = await new Promise<NodeServer>((resolve) => {
    app.listen(nodeOptions, (info) => resolve((info as unknown as { raw: NodeServer }).raw))
  })
  await server.ready()
  server.node.server.maxConnections = NODE_CONNECTIONS
  const { port } = server.node.server.address()!
  return { url: urlOf(options, port), stop: (force) => server.close(force) }
}

async function listenOnBun(app: App, options: object): Promise<Listening> {
  // Bodies are limited by the routes, which answer; the server would cut the connection.
  const bunOptions = {
    ...options,
    idleTimeout: BUN_IDLE_SECONDS,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  }
  app.listen(bunOptions)
  const server = app.server!
  return { url: urlOf(options, server.port!), stop: async (force) => void (await server.stop(force)) }
}

function urlOf(options: object, port: number): string {
  const { hostname } = options as { hostname: string }
  return `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
}
