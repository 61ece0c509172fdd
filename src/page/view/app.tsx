import { useEffect, useState } from 'preact/hooks'
import { contentsOf, exportName, FORMATS } from '../desk/export.ts'
import { download } from '../io/download.ts'
import { zipOf } from '../io/zip.ts'
import { chooseLanguage, LANGUAGES, type Language, language, t } from '../words/words.ts'
import { AppContext, type AppParts, useApp } from './app-context.ts'
import { Complaint } from './complaint.tsx'
import { Editor } from './editor.tsx'
import { Icon } from './icons.tsx'
import { Karaoke } from './karaoke.tsx'
import { ExportDialog, KeyDialog, KeysSheet, ShiftDialog } from './panels.tsx'
import { Queue } from './queue.tsx'
import { Start } from './start.tsx'

export function App({ parts }: { parts: AppParts }) {
  return (
    <AppContext.Provider value={parts}>
      <Page />
    </AppContext.Provider>
  )
}

function Page() {
  const { session } = useApp()
  const entry = session.current.value
  const isDragging = useDrop((files) => void session.take(files))
  const song = entry.song.value
  return (
    <div class={`page ${isDragging ? 'dragging' : ''}`}>
      <Header />
      {session.entries.value.length > 1 && <Queue onZip={() => zipAll(session)} />}
      <Troubles />
      {song ? <Editor entry={entry} key={entry.id} /> : <Start entry={entry} key={entry.id} />}
      <Panels />
      <Notice />
    </div>
  )
}

function Header() {
  const { session, desk } = useApp()
  const entry = session.current.value
  return (
    <header class="top">
      <p class="brand">sow-align</p>
      {entry.song.value ? (
        <input
          class="title"
          aria-label={t('untitled')}
          placeholder={t('untitled')}
          value={entry.title.value}
          onInput={(event) => {
            entry.title.value = event.currentTarget.value
          }}
        />
      ) : (
        <p class="title faint">{t('tagline')}</p>
      )}
      {entry.song.value && (
        <button type="button" id="new-song" aria-label={t('b_newSong')} onClick={() => void session.add()}>
          <Icon name="plus" /> <span>{t('b_newSong')}</span>
        </button>
      )}
      <select
        class="ui-language"
        aria-label={t('interfaceLanguage')}
        value={language.value}
        onChange={(event) => chooseLanguage(event.currentTarget.value as Language)}
      >
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
      <button type="button" class="quiet square" aria-label={t('b_keys')} onClick={desk.actions.keys}>
        ?
      </button>
    </header>
  )
}

function Troubles() {
  const { session } = useApp()
  const trouble = session.trouble.value
  const unread = session.unread.value
  return (
    <>
      {trouble && (
        <Complaint
          failure={trouble}
          onDismiss={() => {
            session.trouble.value = undefined
          }}
        />
      )}
      {unread.length > 0 && (
        <div class="complaint" role="alert">
          <p>{t('notRead', { names: unread.join(', ') })}</p>
          <button
            type="button"
            class="quiet"
            onClick={() => {
              session.unread.value = []
            }}
          >
            {t('dismiss')}
          </button>
        </div>
      )}
    </>
  )
}

function Panels() {
  const { desk, session, apiKey } = useApp()
  const panel = desk.panel.value
  const close = () => {
    desk.panel.value = undefined
  }
  const then = session.askKey.value
  if (then) {
    const done = () => {
      session.askKey.value = undefined
    }
    return (
      <KeyDialog
        onClose={done}
        onKey={(key) => {
          apiKey.set(key)
          done()
          then()
        }}
      />
    )
  }
  if (panel === 'keys') return <KeysSheet onClose={close} />
  if (!desk.song.value) return null
  if (panel === 'shift') return <ShiftDialog onClose={close} />
  if (panel === 'export') return <ExportDialog onClose={close} />
  if (panel === 'karaoke') return <Karaoke onClose={close} />
  return null
}

const NOTICE_MS = 3500

/** What was just done, for everyone who sees or hears it. */
function Notice() {
  const { desk } = useApp()
  const { text, count } = desk.notice.value
  const [shown, setShown] = useState(false)
  useEffect(() => {
    if (count === 0) return
    setShown(true)
    const timer = setTimeout(() => setShown(false), NOTICE_MS)
    return () => clearTimeout(timer)
  }, [count])
  return (
    <div class={`notice ${shown ? 'shown' : ''}`} role="status" aria-live="polite">
      <span key={count}>{shown ? text : ''}</span>
    </div>
  )
}

function zipAll(session: AppParts['session']): void {
  const files = session.entries.peek().flatMap((entry) => {
    const song = entry.song.peek()
    if (!song) return []
    return FORMATS.map(
      (format) => [exportName(entry.title.peek(), format), contentsOf(song, format, 'written')] as const,
    )
  })
  download('sow-align.zip', zipOf(files), 'application/zip')
}

/** Takes files that are dropped anywhere; whether some hang over the page. */
function useDrop(take: (files: File[]) => void): boolean {
  const [isOver, setOver] = useState(false)
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return
      event.preventDefault()
      setOver(true)
    }
    const left = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false)
    }
    const drop = (event: DragEvent) => {
      event.preventDefault()
      setOver(false)
      const files = [...(event.dataTransfer?.files ?? [])]
      if (files.length > 0) take(files)
    }
    document.addEventListener('dragover', over)
    document.addEventListener('dragleave', left)
    document.addEventListener('drop', drop)
    return () => {
      document.removeEventListener('dragover', over)
      document.removeEventListener('dragleave', left)
      document.removeEventListener('drop', drop)
    }
  }, [])
  return isOver
}
