import { useComputed, useSignalEffect } from '@preact/signals'
import { memo } from 'preact/compat'
import { useEffect, useRef } from 'preact/hooks'
import type { Desk, Row } from '../desk/desk.ts'
import { statusOf } from '../song/song.ts'
import { t } from '../words/words.ts'
import { useApp } from './app-context.ts'
import { clock } from './clock.ts'

/** All lines, the one that is sung lit with its words. */
export function Lines() {
  const { desk, session } = useApp()
  const list = useRef<HTMLUListElement>(null)
  const lang = desk.song.value?.language ?? ''
  const rows = desk.rows.value
  const chosenKey = keyOfChosen(desk, rows)

  function show(key: string | undefined, block: ScrollLogicalPosition): void {
    const row = key && list.current?.querySelector(`[data-key="${key}"]`)
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches
    if (row) row.scrollIntoView({ block, behavior: still ? 'instant' : 'smooth' })
  }

  useSignalEffect(() => {
    const now = desk.now.value
    if (!now || !desk.following.value) return
    show(desk.layout.value === 'sung' ? `s${now.id}` : `l${now.line}`, 'center')
  })
  useEffect(() => show(chosenKey, 'nearest'), [chosenKey])

  return (
    <ul
      ref={list}
      class="lines"
      role="listbox"
      tabIndex={0}
      aria-label={t('linesLabel')}
      aria-activedescendant={chosenKey && `row-${chosenKey}`}
      lang={lang}
      key={session.current.value.id}
      onWheel={() => stopFollowing(desk)}
      onTouchMove={() => stopFollowing(desk)}
    >
      {rows.map((row) => (
        <LineRow key={row.key} row={row} isChosen={row.key === chosenKey} />
      ))}
    </ul>
  )
}

function stopFollowing(desk: Desk): void {
  desk.following.value = false
}

function keyOfChosen(desk: Desk, rows: readonly Row[]): string | undefined {
  const [line, sung] = [desk.line.value, desk.sungId.value]
  if (line === null) return undefined
  const isSung = desk.layout.value === 'sung'
  return rows.find((row) => row.line.id === line && (!isSung || row.sung?.id === sung))?.key
}

const LineRow = memo(
  ({ row, isChosen }: { row: Row; isChosen: boolean }) => {
    const { desk } = useApp()
    const { line, sung, times } = row
    const bySung = row.key.startsWith('s')
    const isNow = useComputed(() => (bySung ? desk.nowId.value === sung?.id : desk.nowLine.value === line.id))
    const status = sung ? statusOf(sung) : line.status
    const isConfirmed = (sung ?? line).confirmed
    const name = sung?.confirmed ? t('confirmed') : t(`status_${status}`)
    return (
      <li
        id={`row-${row.key}`}
        data-key={row.key}
        role="option"
        aria-selected={isChosen}
        aria-current={isNow.value ? 'true' : undefined}
        class={`line ${sung?.confirmed ? 'confirmed' : status}`}
        onClick={() => desk.visit({ line: line.id, sung: sung?.id ?? null })}
      >
        <span class="line-time">{clock(sung?.start ?? line.place.start)}</span>
        <span class="line-text">{isNow.value ? <LitText text={line.text} /> : line.text || ' '}</span>
        {times > 1 && <span class="line-times">×{times}</span>}
        <span class="line-status" lang={document.documentElement.lang}>
          {status === 'blank' || status === 'marker' ? '' : `${name}${!sung && isConfirmed ? ' ✓' : ''}`}
        </span>
      </li>
    )
  },
  (a, b) =>
    a.isChosen === b.isChosen &&
    a.row.key === b.row.key &&
    a.row.line === b.row.line &&
    a.row.sung === b.row.sung &&
    a.row.times === b.row.times,
)

/** The text of the line that is sung now, its words lit as far as they are. */
function LitText({ text }: { text: string }) {
  const { desk } = useApp()
  const units = desk.now.value?.units ?? []
  const upTo = desk.nowUnit.value
  let from = 0
  const pieces = units.flatMap((unit, i) => {
    const at = text.indexOf(unit.text, from)
    if (at < 0) return []
    const before = text.slice(from, at)
    from = at + unit.text.length
    const state = i < upTo ? 'past' : i === upTo ? 'now' : ''
    return [
      before,
      <span key={i} class={`word ${state}`}>
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
