import type { Entry } from '../desk/entry.ts'
import type { Stage } from '../io/service.ts'
import { t } from '../words/words.ts'
import { useApp } from './app-context.ts'

const STAGES: readonly Stage[] = ['sending', 'queued', 'fetching', 'decoding', 'listening', 'aligning']

/** How far a run is: its stages, the share that is done, and the way to end it. */
export function RunProgress({ entry }: { entry: Entry }) {
  const { session } = useApp()
  const run = entry.run.value
  if (!entry.isBusy.value) return null
  const stage = run.state === 'running' ? run.stage : undefined
  const percentage = run.state === 'running' ? Math.round(run.percentage) : 0
  const name = run.state === 'cancelling' ? t('cancelling') : t(`stage_${stage ?? 'waiting'}`)
  const at = stage ? STAGES.indexOf(stage) : -1
  return (
    <section class="card run" aria-label={t('progress')}>
      <p class="run-stage" role="status" aria-live="polite">
        {name}
      </p>
      <div class="run-bar">
        <progress max={100} value={percentage} aria-label={name} />
        <span class="run-percent" aria-hidden="true">
          {percentage} %
        </span>
      </div>
      <ol class="run-stages" aria-hidden="true">
        {STAGES.map((each, i) => (
          <li key={each} class={i < at ? 'past' : i === at ? 'now' : ''}>
            {t(`stage_${each}`)}
          </li>
        ))}
      </ol>
      <button type="button" disabled={run.state === 'cancelling'} onClick={() => session.cancel(entry)}>
        {t('cancel')}
      </button>
    </section>
  )
}
