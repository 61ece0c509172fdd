import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Desk } from '../desk/desk.ts'
import type { Player } from '../desk/player.ts'
import type { Session } from '../desk/session.ts'

/** What every part of the page works with. */
export type AppParts = { session: Session; desk: Desk; player: Player; apiKey: ApiKey }

/** The key of the service, for as long as the tab is open. */
export type ApiKey = { get(): string | undefined; set(key: string): void }

export const AppContext = createContext<AppParts | undefined>(undefined)

export function useApp(): AppParts {
  const parts = useContext(AppContext)
  if (!parts) throw new Error('Expected the parts of the app around this view')
  return parts
}
