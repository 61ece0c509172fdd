import { AlignError, kindOf } from '../errors.ts'

const NOT_LOADED = new Set(['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND', 'ERR_DLOPEN_FAILED'])

/**
 * An error as MODEL_NOT_READY where something of ours could not be loaded. An alignment gets its recording and lyrics as
 * values and opens no file of anybody else, so every error of the system is one of loading: a dictionary, a decoder, a
 * library. It is no fault of the request, and goes away with its cause (too many open files, no memory).
 */
export function withLoadFailure(error: unknown): unknown {
  return isLoadFailure(error) ? notLoaded('A part of the worker', error) : error
}

export function notLoaded(what: string, cause: unknown): AlignError {
  const reason = cause instanceof AlignError ? cause.message : kindOf(cause)
  return new AlignError('MODEL_NOT_READY', `${what} could not be loaded: ${reason}`, { cause })
}

function isLoadFailure(error: unknown): boolean {
  if (error instanceof AlignError || !(error instanceof Error)) return false
  const { code, syscall } = error as NodeJS.ErrnoException
  if (typeof code === 'string' && (syscall !== undefined || NOT_LOADED.has(code))) return true
  // Of WebAssembly; its classes are not in the types of Node.
  if (error.name === 'CompileError' || error.name === 'LinkError') return true
  return isLoadFailure(error.cause)
}
