/** Seconds that Bun lets a connection be silent once there is a request; its own limit is REQUEST_TIMEOUT_SECONDS. */
const BUN_IDLE_SECONDS = 255

type BunServer = { timeout(request: Request, seconds: number): void }

/** On Bun a connection is cut that is silent before the head of a request has come; who waits for an answer may be silent. */
export function keepSilence(request: Request, server: unknown): void {
  if ('Bun' in globalThis) (server as BunServer | null)?.timeout(request, BUN_IDLE_SECONDS)
}
