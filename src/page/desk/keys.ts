/** What can be done with a key, by name; each has a text `do_NAME`. */
export const COMMANDS = {
  play: { group: 'listen', keys: ['Space'] },
  back: { group: 'listen', keys: ['ArrowLeft'] },
  ahead: { group: 'listen', keys: ['ArrowRight'] },
  slower: { group: 'listen', keys: ['['] },
  faster: { group: 'listen', keys: [']'] },
  loop: { group: 'listen', keys: ['L'] },
  up: { group: 'review', keys: ['ArrowUp'] },
  down: { group: 'review', keys: ['ArrowDown'] },
  next: { group: 'review', keys: ['N'] },
  previous: { group: 'review', keys: ['P'] },
  confirm: { group: 'review', keys: ['Enter'] },
  startEarlier: { group: 'time', keys: ['Q'] },
  startLater: { group: 'time', keys: ['W'] },
  startMuchEarlier: { group: 'time', keys: ['Shift+Q'] },
  startMuchLater: { group: 'time', keys: ['Shift+W'] },
  endEarlier: { group: 'time', keys: ['A'] },
  endLater: { group: 'time', keys: ['S'] },
  endMuchEarlier: { group: 'time', keys: ['Shift+A'] },
  endMuchLater: { group: 'time', keys: ['Shift+S'] },
  startHere: { group: 'time', keys: ['I'] },
  endHere: { group: 'time', keys: ['O'] },
  words: { group: 'time', keys: ['M'] },
  tap: { group: 'time', keys: ['T'] },
  shift: { group: 'time', keys: ['G'] },
  realign: { group: 'time', keys: ['R'] },
  realignConfirmed: { group: 'time', keys: ['Shift+R'] },
  edit: { group: 'text', keys: ['E'] },
  insert: { group: 'text', keys: ['B'] },
  split: { group: 'text', keys: ['K'] },
  join: { group: 'text', keys: ['J'] },
  remove: { group: 'text', keys: ['Delete', 'Backspace'] },
  unsung: { group: 'text', keys: ['U'] },
  singHere: { group: 'text', keys: ['D'] },
  undo: { group: 'text', keys: ['Ctrl+Z'] },
  redo: { group: 'text', keys: ['Ctrl+Shift+Z', 'Ctrl+Y'] },
  layout: { group: 'view', keys: ['V'] },
  zoomIn: { group: 'view', keys: ['+', '='] },
  zoomOut: { group: 'view', keys: ['-'] },
  karaoke: { group: 'view', keys: ['F'] },
  export: { group: 'view', keys: ['X'] },
  save: { group: 'view', keys: ['Ctrl+S'] },
  keys: { group: 'view', keys: ['?'] },
  close: { group: 'view', keys: ['Escape'] },
} as const satisfies Record<string, { group: string; keys: readonly string[] }>

export type Command = keyof typeof COMMANDS
export type Group = (typeof COMMANDS)[Command]['group']
export const GROUPS: readonly Group[] = ['listen', 'review', 'time', 'text', 'view']

/** What of an event of the keyboard counts. */
type Pressed = { key: string; ctrlKey: boolean; metaKey: boolean; shiftKey: boolean; altKey: boolean }

/** A key as the table names it: `Ctrl+Shift+Z`, `?`, `ArrowUp`. On a Mac, Command counts as Ctrl. */
export function nameOf({ key, ctrlKey, metaKey, shiftKey, altKey }: Pressed): string {
  const isLetter = /^\p{L}$/u.test(key)
  const name = key === ' ' ? 'Space' : isLetter ? key.toUpperCase() : key
  // Shift is part of a sign such as ?, and a thing of its own with letters and named keys.
  const shifted = shiftKey && (isLetter || name.length > 1)
  return `${ctrlKey || metaKey ? 'Ctrl+' : ''}${altKey ? 'Alt+' : ''}${shifted ? 'Shift+' : ''}${name}`
}

const BY_KEY = new Map(
  (Object.keys(COMMANDS) as Command[]).flatMap((command) =>
    COMMANDS[command].keys.map((key) => [key as string, command] as const),
  ),
)

export function commandOf(pressed: Pressed): Command | undefined {
  return BY_KEY.get(nameOf(pressed))
}

/** The commands of a group, in their order. */
export function commandsOf(group: Group): Command[] {
  return (Object.keys(COMMANDS) as Command[]).filter((command) => COMMANDS[command].group === group)
}
