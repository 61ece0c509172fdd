/** Asks one address over one connection for a while, apart from those who load the service: their work is not its. */
import autocannon from 'autocannon'
import { replyWith, taskOf } from '../figures/child.ts'

export type ProbeTask = { url: string; seconds: number; perSecond: number }
/** Milliseconds of each answer, and how many were not of status 2xx or did not come. */
export type Probed = { times: number[]; failed: number }

const { url, seconds, perSecond } = taskOf<ProbeTask>()
const times: number[] = []
const instance = autocannon(
  { url, connections: 1, duration: seconds, overallRate: perSecond },
  (error, { errors, non2xx }) => {
    if (error) throw error
    replyWith({ times, failed: errors + non2xx } satisfies Probed)
  },
)
instance.on('response', (_client, _status, _bytes, milliseconds) => times.push(milliseconds))
