import { useEffect, useRef } from 'preact/hooks'
import { SUPPORTED_LANGUAGES } from '../../lyrics/language.ts'
import type { Entry } from '../desk/entry.ts'
import { titleOf } from '../io/files.ts'
import { language, t } from '../words/words.ts'
import { useApp } from './app-context.ts'
import { Complaint } from './complaint.tsx'
import { Icon } from './icons.tsx'
import { RunProgress } from './run-progress.tsx'

/** Where a song comes in: its recording and its lyrics. */
export function Start({ entry }: { entry: Entry }) {
  const { session } = useApp()
  const run = entry.run.value
  const recording = entry.recording.value
  const go = useRef<HTMLButtonElement>(null)
  const isComplete = entry.isComplete.value
  // After files were dropped, Enter is enough.
  useEffect(() => {
    if (isComplete && document.activeElement === document.body) go.current?.focus()
  }, [isComplete])
  const isAddress = recording !== undefined && !(recording instanceof File)

  function submit(event: Event): void {
    event.preventDefault()
    void session.align(entry)
  }

  function setAddress(url: string): void {
    entry.recording.value = url.trim() === '' ? undefined : { url: url.trim() }
    if (url.trim() !== '') entry.title.value = titleOf(url.trim().split(/[?#]/, 1)[0]!)
  }

  return (
    <main class="start">
      <div class="welcome">
        <h1>{t('dropTitle')}</h1>
        <p class="faint">{t('dropHint')}</p>
      </div>
      <form onSubmit={submit} aria-label={t('dropTitle')}>
        <section class={`card slot ${recording ? 'filled' : ''}`}>
          <h2>
            <Icon name="sound" /> {t('recording')}
          </h2>
          {recording instanceof File && <p class="file-name">{recording.name}</p>}
          <label class="button" for="audio">
            {recording instanceof File ? t('changeRecording') : t('chooseRecording')}
          </label>
          <input
            id="audio"
            class="unseen"
            type="file"
            accept="audio/*,video/mp4,video/webm,.mp3,.wav,.flac,.ogg,.opus,.aiff,.m4a"
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? []
              if (file) void session.take([file])
              event.currentTarget.value = ''
            }}
          />
          <label class="faint" for="address">
            {t('orAddress')}
          </label>
          <input
            id="address"
            type="url"
            inputMode="url"
            placeholder="https://"
            value={isAddress ? recording.url : ''}
            onInput={(event) => setAddress(event.currentTarget.value)}
          />
        </section>
        <section class={`card slot ${entry.lyrics.value.trim() ? 'filled' : ''}`}>
          <h2>
            <Icon name="text" /> <label for="lyrics">{t('lyrics')}</label>
          </h2>
          <textarea
            id="lyrics"
            rows={12}
            spellcheck={false}
            lang={langOf(entry.songLanguage.value)}
            placeholder={t('lyricsPlaceholder')}
            value={entry.lyrics.value}
            onInput={(event) => {
              entry.lyrics.value = event.currentTarget.value
            }}
          />
          <label class="button" for="lyrics-file">
            {t('chooseLyrics')}
          </label>
          <input
            id="lyrics-file"
            class="unseen"
            type="file"
            accept=".txt,.lrc,.srt,.vtt,.ass,.ttml,.json,text/*"
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? []
              if (file) void session.take([file])
              event.currentTarget.value = ''
            }}
          />
        </section>
        <RunProgress entry={entry} />
        <div class="go card" hidden={entry.isBusy.value}>
          <div class="field">
            <label for="song-language">{t('songLanguage')}</label>
            <select
              id="song-language"
              value={entry.songLanguage.value}
              onChange={(event) => {
                entry.songLanguage.value = event.currentTarget.value
              }}
            >
              <option value="auto">{t('byScript')}</option>
              {Object.keys(SUPPORTED_LANGUAGES).map((code) => (
                <option key={code} value={code}>
                  {nameOfLanguage(code)}
                </option>
              ))}
            </select>
          </div>
          <button
            ref={go}
            id="align"
            type="submit"
            class="primary"
            disabled={!entry.isComplete.value || entry.isBusy.value}
          >
            {t('align')}
          </button>
          <label class="button quiet" for="project">
            {t('openProject')}
          </label>
          <input
            id="project"
            class="unseen"
            type="file"
            accept=".json,application/json"
            onChange={(event) => {
              void session.take([...(event.currentTarget.files ?? [])])
              event.currentTarget.value = ''
            }}
          />
          {!entry.isComplete.value && <p class="faint">{t('needBoth')}</p>}
        </div>
      </form>
      {run.state === 'failed' && <Complaint failure={run.failure} />}
      {run.state === 'cancelled' && (
        <p class="note" role="status">
          {t('cancelled')}
        </p>
      )}
    </main>
  )
}

/** The name of a language, in that of the page. */
export function nameOfLanguage(code: string): string {
  return new Intl.DisplayNames([language.value], { type: 'language' }).of(code) ?? code
}

/** What `lang` says of lyrics; nothing where their language is not known. */
export function langOf(code: string): string {
  return code === 'auto' ? '' : code
}
