import { useSignalEffect } from '@preact/signals'
import { useRef, useState } from 'preact/hooks'
import type { Edge } from '../song/edits.ts'
import { moveEdge, moveUnitEdge } from '../song/edits.ts'
import { statusOf } from '../song/song.ts'
import { isWord, t } from '../words/words.ts'
import { Action } from './action.tsx'
import { useApp } from './app-context.ts'
import { exactClock, secondsOf } from './clock.ts'

/** The chosen line: why it is doubtful, its text and times, and everything that can be done with it. */
export function Inspector() {
  const { desk } = useApp()
  const line = desk.chosenLine.value
  if (!line) {
    return (
      <section class="card inspector" aria-label={t('selectedLine')}>
        <p class="faint">{t('nothingSelected')}</p>
        <Action command="next" icon="next" primary />
      </section>
    )
  }
  return (
    <section class="card inspector" aria-label={t('selectedLine')}>
      <Reason />
      <TextField />
      <Times />
      <Words />
      <div class="actions" role="group" aria-label={t('group_review')}>
        <Action command="confirm" icon="confirm" primary />
        <Action command="next" icon="next" />
        <Action command="tap" icon="tap" pressed={desk.tapping.value} />
        <Action command="realign" icon="realign" disabled={desk.isRealigning.value} />
      </div>
      <div class="actions small" role="group" aria-label={t('group_text')}>
        <Action command="insert" />
        <Action command="split" />
        <Action command="join" />
        <Action command="singHere" />
        <Action command="unsung" disabled={!desk.chosen.value} />
        <Action command="remove" />
      </div>
    </section>
  )
}

function Reason() {
  const { desk } = useApp()
  const sung = desk.chosen.value
  const line = desk.chosenLine.value!
  const status = sung ? statusOf(sung) : line.status
  const doubt = sung && status === 'suspect' ? sung.doubt : undefined
  const key = doubt && `doubt_${doubt.code}`
  return (
    <div class={`reason ${sung?.confirmed ? 'confirmed' : status}`}>
      <p>
        <strong>
          {t(`status_${status}`)}
          {(sung ?? line).confirmed && `, ${t('confirmed')}`}
        </strong>
        {sung && !sung.confirmed && (
          <span class="faint"> {t('confidence', { percent: Math.round(sung.confidence * 100) })}</span>
        )}
      </p>
      {doubt && key && <p>{isWord(key) ? t(key) : doubt.message}</p>}
      {status === 'unsung' && !line.confirmed && <p>{t('whyUnsung')}</p>}
    </div>
  )
}

function TextField() {
  const { desk } = useApp()
  const field = useRef<HTMLTextAreaElement>(null)
  const line = desk.chosenLine.value!
  useSignalEffect(() => {
    if (!desk.editAsked.value) return
    desk.editAsked.value = false
    const { current } = field
    current?.focus()
    current?.setSelectionRange(current.value.length, current.value.length)
  })
  return (
    <div class="field">
      <label for="line-text">{t('text')}</label>
      <textarea
        ref={field}
        id="line-text"
        rows={2}
        spellcheck={false}
        lang={desk.song.value?.language}
        value={line.text}
        onBlur={(event) => desk.changeText(oneLine(event.currentTarget.value))}
        onKeyDown={(event) => {
          const target = event.currentTarget
          if (event.key === 'Escape') {
            target.value = line.text
            focusLines()
          } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault()
            desk.changeText(oneLine(target.value))
            desk.split(target.selectionStart)
            focusLines()
          } else if (event.key === 'Enter' && !event.isComposing) {
            event.preventDefault()
            focusLines()
          }
        }}
      />
    </div>
  )
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ')
}

export function focusLines(): void {
  document.querySelector<HTMLElement>('.lines')?.focus()
}

function Times() {
  const { desk, player } = useApp()
  const sung = desk.chosen.value
  if (!sung) return <Action command="startHere" disabled={!player.ready.value} />
  const word = desk.unit.value
  const of = word === null ? sung : sung.units[word]
  if (!of) return null
  const set = (edge: Edge, time: number) =>
    desk.edit((song) =>
      word === null ? moveEdge(song, sung.id, edge, time) : moveUnitEdge(song, sung.id, word, edge, time),
    )
  return (
    <div class="times">
      <TimeField edge="start" value={of.start} onSet={(time) => set('start', time)} />
      <TimeField edge="end" value={of.end} onSet={(time) => set('end', time)} />
    </div>
  )
}

function TimeField({ edge, value, onSet }: { edge: Edge; value: number; onSet: (time: number) => void }) {
  const { player } = useApp()
  const [wrong, setWrong] = useState(false)
  const shown = exactClock(value)
  const id = `time-${edge}`
  return (
    <div class="time">
      <label for={id}>{t(edge === 'start' ? 'startTime' : 'endTime')}</label>
      <div class="time-row">
        <Action command={edge === 'start' ? 'startEarlier' : 'endEarlier'} icon="minus" bare />
        <input
          id={id}
          inputMode="decimal"
          value={shown}
          aria-invalid={wrong}
          onBlur={(event) => {
            if (event.currentTarget.value === shown) return
            const seconds = secondsOf(event.currentTarget.value)
            setWrong(seconds === undefined)
            if (seconds !== undefined) onSet(seconds)
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') focusLines()
          }}
        />
        <Action command={edge === 'start' ? 'startLater' : 'endLater'} icon="plus" bare />
      </div>
      <Action command={edge === 'start' ? 'startHere' : 'endHere'} disabled={!player.ready.value} />
    </div>
  )
}

function Words() {
  const { desk } = useApp()
  const sung = desk.chosen.value
  const word = desk.unit.value
  if (!sung || sung.units.length === 0) return null
  if (word === null) return <Action command="words" />
  return (
    <div class="words" role="group" aria-label={t('b_words')} lang={desk.song.value?.language}>
      {sung.units.map((unit, i) => (
        <button
          key={i}
          type="button"
          class={`chip ${i === word ? 'chosen' : ''}`}
          aria-pressed={i === word}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => {
            desk.unit.value = i
          }}
        >
          {unit.text}
        </button>
      ))}
      <Action command="words" pressed />
    </div>
  )
}
