import { connect } from 'node:net'

/** A request whose client announces more than it sends, and then says nothing. */
export type Silent = {
  path: '/api/v1/align' | '/api/v1/jobs' | '/api/v1/batches'
  /** Bytes that the head announces. */
  announced: number
  /** Bytes of the body that are sent; 0 for a head alone. */
  sent: number
}

const BOUNDARY = 'sow-align-silent-boundary'
const FORM = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n`
const JSON_BODY = '{"items":['
/** What the service may answer, and nothing else: that nothing came, or that there is no room. */
const ANSWERS = ['BODY_TIMEOUT', 'QUEUE_FULL']

/**
 * Sends all of them at once, and waits until each was answered and dropped.
 * @throws Error where one is answered otherwise, or not within some seconds
 */
export async function fallSilent(url: string, requests: readonly Silent[], seconds: number): Promise<void> {
  const ends = await Promise.all(requests.map((request) => answerTo(url, request, seconds)))
  const odd = ends.filter((end) => !ANSWERS.includes(end))
  if (odd.length > 0)
    throw new Error(
      `Expected clients that fall silent to hear ${ANSWERS.join(' or ')}, got ${odd.join(', ')}`,
    )
}

/** The code of the answer; `cut` where the connection ends without one, `nothing` where it does not end. */
function answerTo(url: string, request: Silent, seconds: number): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  return new Promise((resolve) => {
    let answer = ''
    const end = (how: string) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(how)
    }
    const timer = setTimeout(() => end('nothing'), seconds * 1000)
    socket.on('error', () => {}) // it closes afterwards
    socket.on('data', (piece) => {
      answer += piece
      const [, code] = /"code":"([A-Z_]+)"/.exec(answer) ?? []
      if (code !== undefined) end(code)
    })
    socket.on('close', () => end('cut'))
    socket.write(headOf(hostname, request))
    if (request.sent > 0) socket.write(bodyOf(request))
  })
}

function headOf(hostname: string, { path, announced }: Silent): string {
  const form = `multipart/form-data; boundary=${BOUNDARY}`
  const type = path === '/api/v1/batches' ? 'application/json' : form
  const head = [`host: ${hostname}`, `content-type: ${type}`, `content-length: ${announced}`]
  return `POST ${path} HTTP/1.1\r\n${head.join('\r\n')}\r\nconnection: close\r\n\r\n`
}

function bodyOf({ path, sent }: Silent): Buffer {
  const begin = path === '/api/v1/batches' ? JSON_BODY : FORM
  return Buffer.concat([Buffer.from(begin), Buffer.alloc(sent, ' ')]).subarray(0, sent)
}
