import { render } from 'preact'
import { createDesk } from './desk/desk.ts'
import { createPlayer } from './desk/player.ts'
import { createSession, type KeptSession } from './desk/session.ts'
import { keptInBrowser } from './io/kept.ts'
import { createService } from './io/service.ts'
import { App } from './view/app.tsx'
import type { ApiKey } from './view/app-context.ts'
import { startKeyboard } from './view/keyboard.ts'
import { startWords, t } from './words/words.ts'
import './style.css'

const KEY = 'sow-align-key'

const apiKey: ApiKey = {
  get: () => sessionStorage.getItem(KEY) ?? undefined,
  set: (key) => sessionStorage.setItem(KEY, key),
}

startWords()
const service = createService(apiKey.get)
const session = createSession(service, keptInBrowser<KeptSession>(), (title) =>
  desk.say(t('said_aligned', { title })),
)
const player = createPlayer()
const desk = createDesk(session, player, service)
await session.restore()
session.startKeeping()
startKeyboard(desk)

addEventListener('beforeunload', (event) => {
  if (session.atRisk.peek()) event.preventDefault()
})

render(<App parts={{ session, desk, player, apiKey }} />, document.getElementById('app')!)
