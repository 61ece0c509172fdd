import { createRequire } from 'node:module'
import { isMainThread } from 'node:worker_threads'

/**
 * ONNX Runtime sends telemetry unless this variable is set in the environment when it starts: it looks up a host of its maker
 * and leaves a device id, a database of events and logs in the home and temporary folders. Whoever may come to load it
 * imports this file before, on the main thread of its process, for the environment of a thread is a copy that native code
 * does not see; the processes that are started inherit it.
 */
export const TELEMETRY_OFF = { name: 'ORT_DISABLE_TELEMETRY', value: '1' }

type Setenv = { symbols: { setenv(name: Uint8Array, value: Uint8Array, overwrite: number): number } }
type Ffi = { dlopen(library: string, functions: object): Setenv }

const C_LIBRARIES: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libc.so.6',
  darwin: 'libSystem.B.dylib',
}

/** False in a thread that somebody else has started on Node, where nothing can be set for native code. */
export const isTelemetryOff = switchOff()

function switchOff(): boolean {
  const { name, value } = TELEMETRY_OFF
  const before = process.env[name]
  process.env[name] = value
  if (!process.versions.bun) return isMainThread || before === value
  // Node hands on what is set; Bun keeps it for itself.
  const library = C_LIBRARIES[process.platform]
  if (library === undefined) return before === value
  const { dlopen }: Ffi = createRequire(import.meta.url)('bun:ffi')
  const c = dlopen(library, { setenv: { args: ['cstring', 'cstring', 'int'], returns: 'int' } })
  const failed = c.symbols.setenv(Buffer.from(`${name}\0`), Buffer.from(`${value}\0`), 1)
  return failed === 0
}
