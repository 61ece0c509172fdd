import { SPEEDS } from '../desk/player.ts'
import { t } from '../words/words.ts'
import { Action } from './action.tsx'
import { useApp } from './app-context.ts'
import { clock } from './clock.ts'
import { Icon } from './icons.tsx'

/** Playing: the cursor, speed, loop, zoom and layout. */
export function Transport() {
  const { desk, player } = useApp()
  const isPlaying = player.playing.value
  return (
    <div class="transport" role="group" aria-label={t('group_listen')}>
      <button
        type="button"
        class="primary round"
        data-command="play"
        title={`${t('do_play')} (Space)`}
        aria-label={isPlaying ? t('pause') : t('play')}
        disabled={!player.ready.value}
        onMouseDown={(event) => event.preventDefault()}
        onClick={desk.actions.play}
      >
        <Icon name={isPlaying ? 'pause' : 'play'} />
      </button>
      <Now />
      <Action command="loop" icon="loop" bare pressed={desk.looping.value} disabled={!desk.chosen.value} />
      <label class="inline">
        <span>{t('speed')}</span>
        <select
          value={player.speed.value}
          onChange={(event) => {
            player.speed.value = Number(event.currentTarget.value)
          }}
        >
          {SPEEDS.map((speed) => (
            <option key={speed} value={speed}>
              {speed}×
            </option>
          ))}
        </select>
      </label>
      <span class="group" role="group" aria-label={t('zoom')}>
        <Action command="zoomOut" icon="minus" bare />
        <Action command="zoomIn" icon="plus" bare />
      </span>
      <label class="inline">
        <span>{t('layout')}</span>
        <select
          id="layout"
          value={desk.layout.value}
          onChange={(event) => {
            desk.layout.value = event.currentTarget.value === 'sung' ? 'sung' : 'written'
          }}
        >
          <option value="written">{t('layout_written')}</option>
          <option value="sung">{t('layout_sung')}</option>
        </select>
      </label>
      {!desk.following.value && (
        <button
          type="button"
          onClick={() => {
            desk.following.value = true
          }}
        >
          {t('follow')}
        </button>
      )}
      <span class="spring" />
      <Action command="undo" icon="undo" bare />
      <Action command="redo" icon="redo" bare />
    </div>
  )
}

function Now() {
  const { desk, player } = useApp()
  return (
    <output class="now" aria-label={t('position')}>
      {clock(player.time.value)} <span class="faint">/ {clock(desk.song.value?.duration ?? 0)}</span>
    </output>
  )
}
