/** Small pictures, drawn by lines of one width; they say nothing by themselves. */
const PATHS = {
  play: 'M7 4.5v15l12-7.5z',
  pause: 'M8 5v14M16 5v14',
  loop: 'M4 11a7 7 0 0 1 12-5l3 3M20 13a7 7 0 0 1-12 5l-3-3M19 4v5h-5M5 20v-5h5',
  next: 'M5 12h13M12 5l7 7-7 7',
  confirm: 'M4 13l5 5L20 6',
  undo: 'M9 5L4 10l5 5M4 10h10a6 6 0 0 1 0 12h-3',
  redo: 'M15 5l5 5-5 5M20 10H10a6 6 0 0 0 0 12h3',
  tap: 'M12 3v7M8 21v-5l-3-4M8 12V8a2 2 0 0 1 4 0v5h4a3 3 0 0 1 3 3v5',
  export: 'M12 4v11M7 10l5 5 5-5M4 20h16',
  keys: 'M3 7h18v11H3zM7 11h.01M11 11h.01M15 11h.01M8 15h8',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  karaoke: 'M4 5h16v11H4zM8 20h8M12 16v4M9 10.5h6',
  realign: 'M4 12h4l2-6 4 12 2-6h4',
  shift: 'M4 8h14M14 4l4 4-4 4M20 16H6M10 12l-4 4 4 4',
  sound: 'M4 10v4h4l5 4V6L8 10zM17 9a4 4 0 0 1 0 6',
  text: 'M5 6h14M5 10h14M5 14h9M5 18h11',
  queue: 'M4 6h16M4 12h16M4 18h10',
  key: 'M14 10a4 4 0 1 0-3.5 4L13 14v2h2v2h4v-3l-5-5z',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" data-icon={name}>
      <path d={PATHS[name]} />
    </svg>
  )
}
