import { useState } from 'preact/hooks'
import type { Format } from '../../format/format.ts'
import { contentsOf, exportName, FORMATS } from '../desk/export.ts'
import { COMMANDS, commandsOf, GROUPS } from '../desk/keys.ts'
import { download } from '../io/download.ts'
import { t } from '../words/words.ts'
import { keyText } from './action.tsx'
import { useApp } from './app-context.ts'
import { clock } from './clock.ts'
import { Dialog } from './dialog.tsx'
import { singleKeys } from './keyboard.ts'

/** The sheet of all keys. */
export function KeysSheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t('keysTitle')} class="keys" onClose={onClose}>
      <label class="inline">
        <input
          type="checkbox"
          checked={singleKeys.value}
          onChange={(event) => {
            singleKeys.value = event.currentTarget.checked
          }}
        />
        <span>{t('singleKeys')}</span>
      </label>
      <div class="key-groups">
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{t(`group_${group}`)}</h3>
            <dl>
              {commandsOf(group).map((command) => (
                <div key={command}>
                  <dt>
                    {COMMANDS[command].keys.map((key) => (
                      <kbd key={key}>{keyText(key)}</kbd>
                    ))}
                  </dt>
                  <dd>{t(`do_${command}`)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}

/** Shifts all times, or those after the cursor. */
export function ShiftDialog({ onClose }: { onClose: () => void }) {
  const { desk, player } = useApp()
  const [ms, setMs] = useState('100')
  const [fromCursor, setFromCursor] = useState(false)
  const given = Number(ms)
  const isWrong = ms.trim() === '' || !Number.isFinite(given)
  return (
    <Dialog title={t('shiftTitle')} onClose={onClose}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault()
          if (isWrong) return
          desk.shiftBy(given / 1000, fromCursor)
          onClose()
        }}
      >
        <div class="field">
          <label for="shift-by">{t('shiftBy')}</label>
          <input
            id="shift-by"
            inputMode="numeric"
            value={ms}
            aria-invalid={isWrong}
            onInput={(event) => setMs(event.currentTarget.value)}
          />
        </div>
        <label class="inline">
          <input type="radio" name="from" checked={!fromCursor} onChange={() => setFromCursor(false)} />
          <span>{t('shiftAll')}</span>
        </label>
        <label class="inline">
          <input type="radio" name="from" checked={fromCursor} onChange={() => setFromCursor(true)} />
          <span>{t('shiftAfter', { time: clock(player.time.value) })}</span>
        </label>
        <button type="submit" class="primary" disabled={isWrong}>
          {t('shiftDo')}
        </button>
      </form>
    </Dialog>
  )
}

/** Every format of the library, to copy or to download. */
export function ExportDialog({ onClose }: { onClose: () => void }) {
  const { desk, session } = useApp()
  const [format, setFormat] = useState<Format>('lrc')
  const [copied, setCopied] = useState(false)
  const title = session.current.value.title.value
  const contents = contentsOf(desk.song.value!, format, desk.layout.value)
  const name = exportName(title, format)
  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(contents)
    setCopied(true)
  }
  return (
    <Dialog title={t('exportTitle')} class="export" onClose={onClose}>
      <fieldset class="choices">
        <legend>{t('format')}</legend>
        {FORMATS.map((each) => (
          <label key={each} class="choice">
            <input
              type="radio"
              name="format"
              value={each}
              checked={each === format}
              onChange={() => {
                setFormat(each)
                setCopied(false)
              }}
            />
            <span>{each}</span>
          </label>
        ))}
      </fieldset>
      <label class="inline">
        <span>{t('layout')}</span>
        <select
          value={desk.layout.value}
          onChange={(event) => {
            desk.layout.value = event.currentTarget.value === 'sung' ? 'sung' : 'written'
          }}
        >
          <option value="written">{t('layout_written')}</option>
          <option value="sung">{t('layout_sung')}</option>
        </select>
      </label>
      <textarea id="preview" class="preview" readOnly rows={12} aria-label={t('preview')} value={contents} />
      <div class="actions">
        <button type="button" class="primary" id="download" onClick={() => download(name, contents)}>
          {t('download')} <small>{name}</small>
        </button>
        <button type="button" id="copy" onClick={() => void copy()}>
          {copied ? t('said_copied') : t('copy')}
        </button>
        <button type="button" id="save-project" title={t('projectWhy')} onClick={desk.actions.save}>
          {t('saveProject')}
        </button>
      </div>
      <p class="unseen" role="status">
        {copied && t('said_copied')}
      </p>
    </Dialog>
  )
}

/** Asks for the key of the service. */
export function KeyDialog({ onKey, onClose }: { onKey: (key: string) => void; onClose: () => void }) {
  const [key, setKey] = useState('')
  return (
    <Dialog title={t('apiKey')} onClose={onClose}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault()
          if (key.trim()) onKey(key.trim())
        }}
      >
        <p>{t('error_UNAUTHORIZED')}</p>
        <div class="field">
          <label for="key">{t('apiKey')}</label>
          <input
            id="key"
            type="password"
            autocomplete="off"
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </div>
        <p class="faint">{t('apiKeyWhy')}</p>
        <button type="submit" class="primary" disabled={!key.trim()}>
          {t('useKey')}
        </button>
      </form>
    </Dialog>
  )
}
