import { useEffect } from 'preact/hooks'
import type { Entry } from '../desk/entry.ts'
import { t } from '../words/words.ts'
import { Action } from './action.tsx'
import { useApp } from './app-context.ts'
import { Complaint } from './complaint.tsx'
import { focusLines, Inspector } from './inspector.tsx'
import { Lines } from './lines.tsx'
import { RunProgress } from './run-progress.tsx'
import { Transport } from './transport.tsx'
import { VerdictNote } from './verdict.tsx'
import { Waveform } from './waveform.tsx'

/** A song with its times: to listen to, to review and to mend. */
export function Editor({ entry }: { entry: Entry }) {
  const { session, player } = useApp()
  const recording = entry.recording.value
  const file = recording instanceof File ? recording : undefined
  const run = entry.run.value
  useEffect(() => {
    player.source.value = file
  }, [file])
  useEffect(focusLines, [entry.id])
  return (
    <main class="editor">
      <h1 class="unseen">{entry.title.value || t('untitled')}</h1>
      <div class="stage">
        {file ? <Waveform file={file} /> : <NeedSound entry={entry} />}
        <Transport />
      </div>
      <div class="work">
        <div class="left-side">
          <VerdictNote />
          <Lines />
        </div>
        <aside class="side" aria-label={t('selectedLine')}>
          <RunProgress entry={entry} />
          {run.state === 'failed' && <Complaint failure={run.failure} />}
          <Inspector />
          <div class="card more actions small">
            <Action command="shift" icon="shift" />
            <Action command="export" icon="export" primary />
            <Action command="karaoke" icon="karaoke" />
            <Action command="keys" icon="keys" />
            <button
              type="button"
              disabled={entry.isBusy.value || !recording}
              onClick={() => void session.align(entry)}
            >
              <span>{t('alignAgain')}</span>
            </button>
          </div>
        </aside>
      </div>
    </main>
  )
}

function NeedSound({ entry }: { entry: Entry }) {
  const { session } = useApp()
  const isAddress = entry.recording.value !== undefined
  return (
    <div class="need-sound">
      <p>{isAddress ? t('noSound') : t('needSound', { name: entry.audioName.value ?? '' })}</p>
      <label class="button" for="sound-again">
        {t('chooseRecording')}
      </label>
      <input
        id="sound-again"
        class="unseen"
        type="file"
        accept="audio/*,.mp3,.wav,.flac,.ogg,.opus,.aiff,.m4a"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? []
          if (file) session.giveRecording(entry, file)
        }}
      />
    </div>
  )
}
