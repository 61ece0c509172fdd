import type { Failure } from '../io/failure.ts'
import { isWord, t } from '../words/words.ts'

/** A failure in words: what happened, and what to do. */
export function Complaint({ failure, onDismiss }: { failure: Failure; onDismiss?: () => void }) {
  const key = `error_${failure.code}`
  const text =
    failure.code === 'OTHER_SOUND'
      ? t('otherSound')
      : t(isWord(key) ? key : 'error_other', { detail: failure.message })
  return (
    <div class="complaint" role="alert">
      <p>
        {text} {failure.retryable && failure.code !== 'SERVICE_GONE' && t('tryAgainSoon')}
        {failure.requestId && <small> {t('requestId', { id: failure.requestId })}</small>}
      </p>
      {onDismiss && (
        <button type="button" class="quiet" onClick={onDismiss}>
          {t('dismiss')}
        </button>
      )}
    </div>
  )
}
