import { statusOf } from '../song/song.ts'
import { language, t } from '../words/words.ts'
import { useApp } from './app-context.ts'

/** How far the song can be trusted, and what is left to look at. */
export function VerdictNote() {
  const { desk } = useApp()
  const song = desk.song.value!
  const { level, reasons } = song.verdict
  const left = desk.doubtful.value.length
  const toSing = song.lines.filter(({ status }) => status !== 'marker' && status !== 'blank')
  const aligned = new Set(song.sung.filter((each) => statusOf(each) === 'aligned').map(({ line }) => line))
  const isSure = level === 'good' && left === 0 && aligned.size === toSing.length
  return (
    <section class={`verdict ${isSure ? 'sure' : level}`} id="verdict" aria-label={t(`badge_${level}`)}>
      <p class="verdict-line">
        <strong>{t(isSure ? 'verdict_sure' : `verdict_${level}`)}</strong>{' '}
        <span>
          {t('linesAligned', { aligned: Math.min(aligned.size, toSing.length), all: toSing.length })}
        </span>
        {' · '}
        <span class="left">{left > 0 ? t('toLookAt', { count: left }) : t('allLooked')}</span>
      </p>
      {reasons.length > 0 && level !== 'good' && (
        <ul lang="en" class="faint" hidden={language.value !== 'en'}>
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
    </section>
  )
}
