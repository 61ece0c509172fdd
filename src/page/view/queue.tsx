import type { Entry } from '../desk/entry.ts'
import { doubtfulOf } from '../song/review.ts'
import { t } from '../words/words.ts'
import { useApp } from './app-context.ts'
import { Icon } from './icons.tsx'

/** All songs, with how far each of them is. */
export function Queue({ onZip }: { onZip: () => void }) {
  const { session } = useApp()
  const entries = session.entries.value
  const open = entries.filter((entry) => entry.isComplete.value && !entry.song.value && !entry.isBusy.value)
  const done = entries.filter((entry) => entry.song.value)
  return (
    <nav class="queue" aria-label={t('queue')}>
      <ul>
        {entries.map((entry) => (
          <QueueItem key={entry.id} entry={entry} />
        ))}
      </ul>
      <div class="queue-actions">
        {open.length > 0 && (
          <button
            type="button"
            class="primary"
            id="align-all"
            onClick={() => {
              for (const entry of open) void session.align(entry)
            }}
          >
            {t('alignAll')}
          </button>
        )}
        {done.length > 1 && (
          <button type="button" id="zip" onClick={onZip}>
            <Icon name="export" /> {t('zipAll')}
          </button>
        )}
      </div>
    </nav>
  )
}

function QueueItem({ entry }: { entry: Entry }) {
  const { session } = useApp()
  const title = entry.title.value || t('untitled')
  const isCurrent = session.currentId.value === entry.id
  return (
    <li class={isCurrent ? 'current' : ''}>
      <button
        type="button"
        class="queue-open"
        aria-current={isCurrent ? 'true' : undefined}
        onClick={() => {
          session.currentId.value = entry.id
        }}
      >
        <span class="queue-title">{title}</span>
        <Badge entry={entry} />
      </button>
      <button
        type="button"
        class="quiet square"
        aria-label={t('removeSong', { title })}
        onClick={() => session.remove(entry)}
      >
        <Icon name="close" />
      </button>
    </li>
  )
}

function Badge({ entry }: { entry: Entry }) {
  const run = entry.run.value
  const song = entry.song.value
  if (run.state === 'running') return <span class="badge">{Math.round(run.percentage)} %</span>
  if (run.state === 'failed') return <span class="badge unreliable">{t('state_failed')}</span>
  if (song) {
    const left = doubtfulOf(song).length
    return (
      <span class={`badge ${song.verdict.level}`}>
        {t(`badge_${song.verdict.level}`)}
        {left > 0 && ` · ${left}`}
      </span>
    )
  }
  if (!entry.isComplete.value) return <span class="badge">{t('incomplete')}</span>
  if (run.state === 'waiting') return <span class="badge">{t('state_waiting')}</span>
  return <span class="badge">{t(run.state === 'cancelled' ? 'state_cancelled' : 'state_idle')}</span>
}
