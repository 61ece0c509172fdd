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

/**
 * What a connection may cost on Node before there is a request to answer. Bun has none of these: there a connection that
 * is silent is cut, and heads are limited to 16 KB by itself.
 */
const NODE_LIMITS = {
  maxHeaderSize: 16 * 1024,
  keepAliveTimeout: 65_000,
}
/** Longest time for a head on Node. */
const HEAD_MS = 15_000
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
  config: Pick<Config, 'host' | 'port' | 'requestTimeoutSeconds' | 'bodyIdleSeconds'>,
): Promise<Listening> {
  const options = { hostname: config.host, port: config.port, reusePort: false }
  return 'Bun' in globalThis
    ? listenOnBun(app, options, config.bodyIdleSeconds)
    : listenOnNode(app, options, config)
}

async function listenOnNode(
  app: App,
  options: object,
  { requestTimeoutSeconds, bodyIdleSeconds }: Pick<Config, 'requestTimeoutSeconds' | 'bodyIdleSeconds'>,
): Promise<Listening> {
  const headersTimeout = Math.min(HEAD_MS, bodyIdleSeconds * 1000)
  const limits = {
    ...NODE_LIMITS,
    headersTimeout,
    requestTimeout: Math.max(requestTimeoutSeconds * 1000 + GRACE_MS, headersTimeout),
    // How often the two are looked at.
    connectionsCheckingInterval: Math.ceil(headersTimeout / 3),
  }
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

async function listenOnBun(app: App, options: object, idleTimeout: number): Promise<Listening> {
  // Bodies are limited by the routes, which answer; the server would cut the connection.
  const bunOptions = {
    ...options,
    idleTimeout,
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
