import { useEffect, useRef } from 'preact/hooks'
import type { Sung } from '../song/song.ts'
import { t } from '../words/words.ts'
import { useApp } from './app-context.ts'
import { Dialog } from './dialog.tsx'
import { Icon } from './icons.tsx'

/** A gap of that length before a line is counted down, seconds. */
const GAP = 4
const COUNT_FROM = 3

/** The song to sing to: the line that is sung, swept word by word, and the next one ready. */
export function Karaoke({ onClose }: { onClose: () => void }) {
  const { desk, player } = useApp()
  const stage = useRef<HTMLDivElement>(null)
  const song = desk.song.value!
  const time = player.time.value
  // The next line comes up when the one before it is over.
  const at = song.sung.findIndex((each) => each.end + 0.3 > time)
  const present = song.sung[at]
  const before = song.sung[at - 1]
  const texts = new Map(song.lines.map((line) => [line.id, line.text]))
  const wait = present ? present.start - time : 0
  const isGap = present !== undefined && present.start - (before?.end ?? 0) > GAP

  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.key === ' ' && !(event.target instanceof HTMLButtonElement)) {
        event.preventDefault()
        void player.toggle()
      }
    }
    document.addEventListener('keydown', hear)
    return () => document.removeEventListener('keydown', hear)
  }, [])

  return (
    <Dialog title={t('b_karaoke')} class="karaoke" onClose={onClose}>
      <div ref={stage} class="karaoke-stage" lang={song.language}>
        <p class="karaoke-count" aria-hidden="true">
          {isGap && wait > 0 && wait <= COUNT_FROM ? '●'.repeat(Math.ceil(wait)) : ''}
        </p>
        <p class="karaoke-now">
          {present && <Swept sung={present} text={texts.get(present.line) ?? ''} time={time} />}
        </p>
        <p class="karaoke-next">{song.sung[at + 1] && texts.get(song.sung[at + 1]!.line)}</p>
      </div>
      <div class="karaoke-bar">
        <button
          type="button"
          class="primary round"
          aria-label={player.playing.value ? t('pause') : t('play')}
          onClick={() => void player.toggle()}
        >
          <Icon name={player.playing.value ? 'pause' : 'play'} />
        </button>
        <button type="button" onClick={() => void stage.current?.closest('dialog')?.requestFullscreen()}>
          {t('fullScreen')}
        </button>
        <span class="faint">{t('karaokeHint')}</span>
      </div>
    </Dialog>
  )
}

function Swept({ sung, text, time }: { sung: Sung; text: string; time: number }) {
  let from = 0
  const pieces = sung.units.flatMap((unit, i) => {
    const at = text.indexOf(unit.text, from)
    if (at < 0) return []
    const before = text.slice(from, at)
    from = at + unit.text.length
    const share = Math.max(0, Math.min(1, (time - unit.start) / Math.max(0.01, unit.end - unit.start)))
    return [
      before,
      <span key={i} class="sweep" style={{ '--swept': `${(100 * share).toFixed(1)}%` }}>
        {unit.text}
      </span>,
    ]
  })
  return (
    <>
      {pieces}
      {text.slice(from)}
    </>
  )
}
