import type { Logger } from 'pino'
import type { OpenRequest } from './requests.ts'

/** One line for every request: what was asked, how it went; never lyrics, keys or queries. */
export function logRequest(
  logger: Logger,
  request: Request,
  status: number,
  { id, startedAt, notes }: OpenRequest,
): void {
  const { pathname } = new URL(request.url)
  const ms = Math.round(performance.now() - startedAt)
  const line = { request_id: id, method: request.method, route: pathname, status, ms, ...notes }
  // Probes come every few seconds and say nothing while all is well.
  if (status >= 500 && notes.code === 'ALIGNMENT_FAILED') logger.error(line, 'request')
  else if (status < 400 && /\/(health|live)$/.test(pathname)) logger.debug(line, 'request')
  else logger.info(line, 'request')
}
