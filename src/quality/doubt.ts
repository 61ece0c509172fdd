import type { Doubt, DoubtCode } from '../types.ts'
import type { Features } from './features.ts'

// A line is so many standard deviations from what chance reaches, or it was not heard.
const HEARD_FROM = 2
// Seconds between the first two words, as the feature holds them: ln(1 + seconds).
const DETACHED_FROM = Math.log1p(1.2)
// Logarithm of the pace against the song's.
const TOO_FAST = -0.7
const TOO_SLOW = 0.9

const MESSAGES: Readonly<Record<DoubtCode, string>> = {
  not_heard: 'The sound fits these words hardly better than chance.',
  elsewhere_too:
    'The same words are sung at another place that fits better: this may be another repeat, or none.',
  squeezed: 'The words are placed much faster than the rest of the song is sung.',
  stretched: 'The words are placed much slower than the rest of the song is sung.',
  first_words_detached: 'The first words lie apart from the rest of the line: it may start later.',
  damaged: 'The recording is damaged there: nothing could be heard.',
  out_of_order: 'The lines before and after it are sung elsewhere, so its place rests on this line alone.',
}

/** A doubt with its sentence. */
export function doubt(code: DoubtCode): Doubt {
  return { code, message: MESSAGES[code] }
}

/** Why a visit is doubtful: the first that holds, from the plainest to the vaguest. */
export function doubtOf(features: Features): Doubt {
  return doubt(codeOf(features))
}

function codeOf({ distance, again, worse, firstGap, slow, neighbours }: Features): DoubtCode {
  if (again > 0 && worse > 0) return 'elsewhere_too'
  if (distance < HEARD_FROM) return 'not_heard'
  if (firstGap > DETACHED_FROM) return 'first_words_detached'
  if (slow < TOO_FAST) return 'squeezed'
  if (slow > TOO_SLOW) return 'stretched'
  return neighbours === 0 ? 'out_of_order' : 'not_heard'
}
