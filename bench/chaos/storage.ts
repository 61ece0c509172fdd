import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How a storage answers: as it should, not at all, with errors, or with less than it promised. */
export const STORAGE_MOODS = ['well', 'stalls', 'stalls in mid-body', 'fails', 'resets', 'lost'] as const
export type StorageMood = (typeof STORAGE_MOODS)[number]

export type Storage = {
  /** The address of a song, unlike all others, that is answered in a mood. */
  address(mood: StorageMood): string
  close(): Promise<void>
}

/** A storage on a free port of this machine, which gives `song(number)` at addresses that say how. */
export async function startStorage(song: (number: number) => Uint8Array): Promise<Storage> {
  let count = 0
  const server = createServer((request, response) => {
    const [, mood, number] = request.url!.split('/')
    answer(response, decodeURIComponent(mood!) as StorageMood, song(Number(number)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    address: (mood) => `http://127.0.0.1:${port}/${encodeURIComponent(mood)}/${++count}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(response: ServerResponse, mood: StorageMood, bytes: Uint8Array): void {
  const half = bytes.subarray(0, bytes.length / 2)
  const head = { 'content-type': 'audio/wav', 'content-length': bytes.length }
  switch (mood) {
    case 'well':
      return void response.writeHead(200, head).end(bytes)
    case 'stalls':
      return
    case 'stalls in mid-body':
      return void response.writeHead(200, head).write(half)
    case 'fails':
      return void response.writeHead(500).end()
    case 'resets':
      return void response.writeHead(200, head).write(half, () => response.destroy())
    case 'lost':
      return void response.writeHead(404).end()
  }
}
