import { AlignError } from '../errors.ts'

/** There is something at the address, but not for this method. */
export class MethodNotAllowedError extends AlignError {
  readonly allow: string

  constructor(method: string, allowed: readonly string[]) {
    const allow = allowed.join(', ')
    super('METHOD_NOT_ALLOWED', `Expected ${allow} at this address, got ${method.slice(0, 20)}`)
    this.allow = allow
  }
}

type Route = { method: string; path: string }

/** Finds the methods that there are for a path; none where there is nothing at it. */
export function createMethodFinder(routes: readonly Route[]): (path: string) => string[] {
  const patterns = routes.map(({ method, path }) => ({ method, pattern: patternOf(path) }))
  return (path) => {
    const methods = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
    return [...new Set(methods)].sort()
  }
}

function patternOf(path: string): RegExp {
  const parts = path.split('/').map((part) => {
    if (part === '*') return '.*'
    return part.startsWith(':') ? '[^/]+' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('/')}$`)
}
