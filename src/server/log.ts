import type { Logger } from 'pino'
import { ERROR_CODES } from '../errors.ts'
import type { OpenRequest } from './requests.ts'

// An unknown address can hold anything, a key by mistake as well; what is found is known by its route.
const SHOWN_PATH = 100

/**
 * One line for every request: what was asked, how it went; never lyrics, keys or queries. The words of an error can quote
 * what was sent: they are told to the client, and here at debug alone.
 */
export function logRequest(
  logger: Logger,
  request: Request,
  route: string | undefined,
  status: number,
  { id, startedAt, notes }: OpenRequest,
): void {
  const { pathname } = new URL(request.url)
  const ms = Math.round(performance.now() - startedAt)
  const { detail, ...rest } = notes
  const quoted = quotesInput(rest.code) && !logger.isLevelEnabled('debug')
  const line = {
    request_id: id,
    method: request.method,
    route: route || 'other',
    ...(!route && { path: pathname.slice(0, SHOWN_PATH) }),
    status,
    ms,
    ...rest,
    ...(detail !== undefined && !quoted && { detail }),
  }
  // Probes come every few seconds and say nothing while all is well.
  if (status >= 500 && notes.code === 'ALIGNMENT_FAILED') logger.error(line, 'request')
  else if (status < 400 && /\/(health|live)$/.test(pathname)) logger.debug(line, 'request')
  else logger.info(line, 'request')
}

/** Errors of what was sent say what came; those of 5xx and of rates speak of ourselves and of the storage. */
function quotesInput(code: unknown): boolean {
  const info = ERROR_CODES[code as keyof typeof ERROR_CODES]
  return info !== undefined && info.status < 429
}
