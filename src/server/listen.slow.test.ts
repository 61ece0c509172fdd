import { connect } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { serve, stopAll } from '../../test/http-service.ts'

afterAll(stopAll)

// Bun has no limit for this but that of silence.
test.skipIf('Bun' in globalThis)(
  'a head that comes drop by drop is cut off, and does not keep others waiting',
  async () => {
    const { url } = await serve()
    const { hostname, port } = new URL(url)
    const sockets = Array.from({ length: 50 }, () => connect(Number(port), hostname))
    const drops = setInterval(() => {
      for (const socket of sockets) if (!socket.destroyed) socket.write('x')
    }, 200)
    let closed = 0
    for (const socket of sockets) {
      socket.write('GET /health HTTP/1.1\r\nx-slow: ')
      socket.on('error', () => {})
      socket.on('data', () => {})
      socket.on('close', () => closed++)
    }
    expect((await fetch(`${url}/health`)).status).toBe(200)
    await expect.poll(() => closed, { timeout: 50_000, interval: 200 }).toBe(50)
    clearInterval(drops)
  },
)
