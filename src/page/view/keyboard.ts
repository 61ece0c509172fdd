import { effect, signal } from '@preact/signals'
import type { Desk } from '../desk/desk.ts'
import { commandOf } from '../desk/keys.ts'

const KEY = 'sow-align-single-keys'

/** Whether keys without Ctrl are commands. Who talks to the computer switches that off. */
export const singleKeys = signal(true)

/** Where a key means a letter, or belongs to the control that has the focus. */
function isTyping({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]')
}

function belongsToButton({ target, key }: KeyboardEvent): boolean {
  return (
    target instanceof HTMLElement &&
    target.matches('button, a, label, summary') &&
    (key === 'Enter' || key === ' ')
  )
}

/** Hears all keys of the page while a song is on the desk. */
export function startKeyboard(desk: Desk): void {
  singleKeys.value = localStorage.getItem(KEY) !== 'off'
  effect(() => localStorage.setItem(KEY, singleKeys.value ? 'on' : 'off'))
  document.addEventListener('keydown', (event) => {
    if (!desk.song.peek() || event.isComposing || desk.panel.peek() || document.querySelector('dialog[open]'))
      return
    const command = commandOf(event)
    if (!command) return
    const withControl = event.ctrlKey || event.metaKey
    // Undo within a field is the field's own.
    if (isTyping(event) && command !== 'save') return
    if (belongsToButton(event)) return
    if (!withControl && !singleKeys.peek() && !/^(Arrow|Escape)/.test(event.key)) return
    event.preventDefault()
    desk.actions[command]()
  })
}
