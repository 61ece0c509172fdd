import { expect, test } from 'vitest'
import type { Progress } from '../types.ts'
import { type CoalescedHooks, createCoalesced } from './coalesce.ts'

type Answer = { text: string }

/** Work that ends when it is told to, and says what it was given. */
function work() {
  let end!: (answer: Answer) => void
  let fail!: (error: Error) => void
  const result = new Promise<Answer>((resolve, reject) => {
    end = resolve
    fail = reject
  })
  const given: CoalescedHooks[] = []
  const begin = (hooks: CoalescedHooks) => {
    given.push(hooks)
    return result
  }
  return { begin, given, end, fail }
}

const decoding = (fraction: number): Progress => ({ stage: 'decoding', fraction })

test('identical work is done once, and each caller has an answer of his own', async () => {
  const coalesced = createCoalesced<Answer>()
  const { begin, given, end } = work()
  const answers = Promise.all([1, 2, 3].map(() => coalesced.join('same', {}, begin)))
  const other = work()
  const otherAnswer = coalesced.join('other', {}, other.begin)
  expect(given).toHaveLength(1)
  expect(other.given).toHaveLength(1)
  expect(coalesced.has('same')).toBe(true)
  end({ text: 'done' })
  const [first, second, third] = await answers
  expect([first, second, third]).toEqual([{ text: 'done' }, { text: 'done' }, { text: 'done' }])
  first!.text = 'changed'
  second!.text = 'changed, too'
  expect(third).toEqual({ text: 'done' })
  expect(coalesced.has('same')).toBe(false)
  other.end({ text: 'other' })
  await otherAnswer
})

test('all callers see the progress, late ones from where it stands', async () => {
  const coalesced = createCoalesced<Answer>()
  const { begin, given, end } = work()
  const seen: number[][] = [[], []]
  const watch = (who: number) => ({ onProgress: ({ fraction }: Progress) => seen[who]!.push(fraction) })
  const first = coalesced.join('key', watch(0), begin)
  given[0]!.onProgress(decoding(0.1))
  given[0]!.onProgress(decoding(0.2))
  const second = coalesced.join('key', watch(1), begin)
  given[0]!.onProgress(decoding(0.3))
  end({ text: '' })
  await Promise.all([first, second])
  expect(seen).toEqual([
    [0.1, 0.2, 0.3],
    [0.2, 0.3],
  ])
})

test('who cancels leaves alone; when all have, the work is cancelled and nobody joins it any more', async () => {
  const coalesced = createCoalesced<Answer>()
  const { begin, given, fail } = work()
  const controllers = [new AbortController(), new AbortController()]
  const seen: number[] = []
  const onProgress = ({ fraction }: Progress) => seen.push(fraction)
  const [first, second] = controllers.map(({ signal }) =>
    coalesced.join('key', { signal, onProgress }, begin),
  )
  controllers[0]!.abort()
  await expect(first).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(given[0]!.signal.aborted).toBe(false)
  given[0]!.onProgress(decoding(0.5))
  expect(seen).toEqual([0.5])
  controllers[1]!.abort()
  await expect(second).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(given[0]!.signal.aborted).toBe(true)
  expect(coalesced.has('key')).toBe(false)
  const anew = work()
  const third = coalesced.join('key', {}, anew.begin)
  // The end of the old work must not be taken for that of the new one.
  fail(new Error('cancelled'))
  await Promise.resolve()
  expect(coalesced.has('key')).toBe(true)
  anew.end({ text: 'anew' })
  expect(await third).toEqual({ text: 'anew' })
})

test('who has cancelled before does not begin anything', async () => {
  const coalesced = createCoalesced<Answer>()
  const { begin, given } = work()
  const late = coalesced.join('key', { signal: AbortSignal.abort() }, begin)
  await expect(late).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(given).toHaveLength(0)
})

test('a failure reaches everybody, and the next one tries again', async () => {
  const coalesced = createCoalesced<Answer>()
  const { begin, fail } = work()
  const both = [coalesced.join('key', {}, begin), coalesced.join('key', {}, begin)]
  fail(new Error('broken'))
  for (const each of both) await expect(each).rejects.toThrow('broken')
  const anew = work()
  const next = coalesced.join('key', {}, anew.begin)
  anew.end({ text: 'mended' })
  expect(await next).toEqual({ text: 'mended' })
})

test('a caller whose own function throws fails alone', async () => {
  const coalesced = createCoalesced<Answer>()
  const { begin, given, end } = work()
  const clumsy = coalesced.join(
    'key',
    {
      onProgress: () => {
        throw new Error('my own fault')
      },
    },
    begin,
  )
  const other = coalesced.join('key', {}, begin)
  given[0]!.onProgress(decoding(0.1))
  await expect(clumsy).rejects.toThrow('my own fault')
  end({ text: 'fine' })
  expect(await other).toEqual({ text: 'fine' })
})
