import pino from 'pino'
import { expect, test } from 'vitest'
import { ALIGNMENT, aligner } from '../../../test/http-service.ts'
import { parseSource } from '../../audio/source.ts'
import { NO_TENANT } from '../auth.ts'
import { createBudget } from '../budget.ts'
import { openJobs } from './opened-jobs.ts'
import { createRunner } from './runner.ts'

/** Jobs in memory, one of them there, of which `finish` fails for some times. */
function openedWithJob(failures: number) {
  const openedJobs = openJobs(undefined, 30_000, (message) => expect.fail(message))
  const request = {
    audio_url: 'https://example.com/a.mp3',
    lyrics_text: 'a',
    language: 'en',
    format: 'lrc',
  } as const
  const job = {
    id: 'a',
    tenant: NO_TENANT,
    requestId: 'a',
    request,
    shown: 'a',
    upload: null,
    fingerprint: 'a',
  }
  openedJobs.store.accept({ ...job, idempotencyKey: null, batch: null, error: null }, 1, () => {})
  let tries = 0
  const finish: typeof openedJobs.claims.finish = (id, ending) => {
    if (++tries <= failures) throw new Error('database or disk is full')
    return openedJobs.claims.finish(id, ending)
  }
  return { openedJobs: { ...openedJobs, claims: { ...openedJobs.claims, finish } }, tries: () => tries }
}

function start({ openedJobs }: ReturnType<typeof openedWithJob>) {
  let runs = 0
  let log = ''
  const working = aligner(async () => {
    runs++
    return ALIGNMENT
  })
  const logger = pino({}, { write: (line) => (log += line) })
  const runner = createRunner(openedJobs, () => ({ state: 'ready', aligner: working }), logger, {
    limitSeconds: 60,
    budget: createBudget(2 ** 30),
    sourceOf: parseSource,
  })
  runner.look()
  return { runner, runs: () => runs, log: () => log }
}

test('an end that cannot be kept is tried again, and the work is not', async () => {
  const made = openedWithJob(2)
  const { runner, runs, log } = start(made)
  await expect.poll(() => made.openedJobs.store.find(NO_TENANT, 'a')!.state).toBe('done')
  expect([runs(), made.tries(), runner.running()]).toEqual([1, 3, 0])
  expect(log().match(/could not be kept/g)).toHaveLength(1)
  await made.openedJobs.close()
})

test('a job whose end cannot be kept is put back at the end of the process', async () => {
  const made = openedWithJob(Number.POSITIVE_INFINITY)
  const { runner } = start(made)
  await expect.poll(made.tries).toBe(1)
  await runner.putBack()
  expect(made.openedJobs.store.find(NO_TENANT, 'a')).toMatchObject({ state: 'queued', unclean: 0 })
  await made.openedJobs.close()
})
