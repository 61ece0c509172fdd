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
  return (path) => {
    const methods = routes.filter((route) => isAt(route.path, path)).map(({ method }) => method)
    return [...new Set(methods)].sort()
  }
}

/** Whether a path is one of a route: ":id" stands for one part of it, "*" at the end for any rest. */
function isAt(route: string, path: string): boolean {
  const wanted = route.split('/')
  const given = path.split('/')
  const rest = wanted.indexOf('*')
  if (rest < 0 ? given.length !== wanted.length : given.length <= rest) return false
  const parts = rest < 0 ? wanted : wanted.slice(0, rest)
  return parts.every((part, at) => (part.startsWith(':') ? given[at] !== '' : part === given[at]))
}
