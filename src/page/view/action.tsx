import { COMMANDS, type Command } from '../desk/keys.ts'
import { isWord, t } from '../words/words.ts'
import { useApp } from './app-context.ts'
import { Icon, type IconName } from './icons.tsx'

/** How keys are written on the page. */
const KEY_NAMES: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  Delete: 'Del',
  Backspace: '⌫',
}

export function keyText(key: string): string {
  const parts = key === '+' ? ['+'] : key.split('+')
  return parts.map((part) => KEY_NAMES[part] ?? part).join('+')
}

/** A button for a command, with its key in the title. A click leaves the focus where it was. */
export function Action({
  command,
  icon,
  bare = false,
  pressed,
  disabled = false,
  primary = false,
}: {
  command: Command
  icon?: IconName
  bare?: boolean
  pressed?: boolean
  disabled?: boolean
  primary?: boolean
}) {
  const { desk } = useApp()
  const short = `b_${command}`
  const long = t(`do_${command}`)
  const name = isWord(short) ? t(short) : long
  const key = keyText(COMMANDS[command].keys[0])
  return (
    <button
      type="button"
      class={`${primary ? 'primary' : ''} ${bare ? 'square' : ''}`}
      data-command={command}
      title={`${long} (${key})`}
      aria-label={bare ? name : undefined}
      aria-keyshortcuts={COMMANDS[command].keys[0].replace('Ctrl', 'Control')}
      aria-pressed={pressed}
      disabled={disabled}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => desk.actions[command]()}
    >
      {icon && <Icon name={icon} />}
      {!bare && <span>{name}</span>}
      {!bare && <kbd aria-hidden="true">{key}</kbd>}
    </button>
  )
}
