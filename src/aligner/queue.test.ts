import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createQueue, type Ticket } from './queue.ts'

const SONG = 240
const queueOf = (places: number, maxQueue: number, maxAudioSeconds = 10_000) =>
  createQueue({ places, maxQueue, maxAudioSeconds })

test('runs as many as there are places, the others in the order they came', async () => {
  const queue = queueOf(2, 10)
  const order: number[] = []
  const tickets = [0, 1, 2, 3].map((id) => {
    const ticket = queue.admit()
    return { ticket, turn: ticket.turn(SONG).then(() => order.push(id)) }
  })
  await Promise.all([tickets[0]!.turn, tickets[1]!.turn])
  expect(queue.status()).toMatchObject({ running: 2, queued: 2, queuedAudioSeconds: 2 * SONG })
  tickets[1]!.ticket.leave()
  await tickets[2]!.turn
  expect(order).toEqual([0, 1, 2])
  tickets[0]!.ticket.leave()
  await tickets[3]!.turn
  expect(queue.status()).toMatchObject({ running: 2, queued: 0, queuedAudioSeconds: 0 })
})

test('one more than maxQueue is refused at once, and admitted again when somebody has left', async () => {
  const queue = queueOf(1, 1)
  const first = queue.admit()
  await first.turn(SONG)
  const second = queue.admit()
  expect(() => queue.admit()).toThrow(expect.objectContaining({ code: 'QUEUE_FULL', retryable: true }))
  second.leave()
  second.leave()
  const third = queue.admit()
  expect(queue.status().queued).toBe(1)
  third.leave()
  first.leave()
  await queue.idle()
})

test('audio that would make the line too long is refused; what need not wait never is', async () => {
  const queue = queueOf(1, 10, 500)
  const first = queue.admit()
  await first.turn(3600)
  const second = queue.admit()
  const secondTurn = second.turn(300)
  const third = queue.admit()
  await expect(third.turn(201)).rejects.toMatchObject({
    code: 'QUEUE_FULL',
    retryable: true,
    message: 'Expected at most 500 s of audio to wait, got 501 s with one more',
  })
  third.leave()
  const fourth = queue.admit()
  const fourthTurn = fourth.turn(200)
  expect(queue.status()).toMatchObject({ running: 1, queued: 2, queuedAudioSeconds: 500 })
  first.leave()
  await secondTurn
  second.leave()
  await fourthTurn
  fourth.leave()
  expect(queue.status()).toMatchObject({ running: 0, queued: 0, queuedAudioSeconds: 0 })
})

test('who is cancelled while waiting goes away, and those behind move up', async () => {
  const queue = queueOf(1, 5)
  const holder = queue.admit()
  await holder.turn(SONG)
  const controller = new AbortController()
  const cancelled = queue.admit()
  const cancelledTurn = cancelled.turn(SONG, controller.signal)
  const behind = queue.admit()
  const behindTurn = behind.turn(SONG)
  controller.abort()
  await expect(cancelledTurn).rejects.toMatchObject({ code: 'CANCELLED' })
  cancelled.leave()
  holder.leave()
  await behindTurn
  expect(queue.status()).toMatchObject({ running: 1, queued: 0, queuedAudioSeconds: 0 })
})

test('a place called and cancelled in the same moment goes to the next in line', async () => {
  const queue = queueOf(1, 5)
  const holder = queue.admit()
  await holder.turn(SONG)
  const controller = new AbortController()
  const called = queue.admit()
  const calledTurn = called.turn(SONG, controller.signal)
  const next = queue.admit()
  const nextTurn = next.turn(SONG)
  holder.leave()
  controller.abort()
  await expect(calledTurn).rejects.toMatchObject({ code: 'CANCELLED' })
  called.leave()
  await nextTurn
  expect(queue.status().running).toBe(1)
})

test('nobody who comes when a place is given back overtakes the line', async () => {
  const queue = queueOf(1, 5)
  const order: string[] = []
  const holder = queue.admit()
  await holder.turn(SONG)
  const waiting = queue.admit()
  const turn = waiting.turn(SONG).then(() => order.push('waiting'))
  const late = queue.admit()
  holder.leave()
  const lateTurn = late.turn(SONG).then(() => order.push('late'))
  await turn
  waiting.leave()
  await lateTurn
  expect(order).toEqual(['waiting', 'late'])
})

test('idle waits for everybody; the expected wait comes from measured work', async () => {
  const queue = queueOf(1, 5)
  expect(queue.status().expectedWaitSeconds).toBeNull()
  const ticket = queue.admit()
  await ticket.turn(SONG)
  let idle = false
  const waiting = queue.idle().then(() => {
    idle = true
  })
  await Promise.resolve()
  expect(idle).toBe(false)
  ticket.leave({ audioSeconds: SONG })
  await waiting
  expect(queue.status().expectedWaitSeconds).toBe(0)
})

type Step = { act: 'come' | 'finish' | 'cancel' | 'give up'; which: number; seconds: number }

const steps = fc.array(
  fc.record<Step>({
    act: fc.constantFrom('come', 'come', 'finish', 'cancel', 'give up'),
    which: fc.nat(20),
    seconds: fc.integer({ min: 1, max: 400 }),
  }),
  { maxLength: 60 },
)

type Guest = {
  id: number
  ticket: Ticket
  seconds: number
  controller: AbortController
  state: 'waiting' | 'runs' | 'refused'
}

test('whatever happens, the bounds hold, the order is kept, and everybody leaves', async () => {
  const bounds = fc.record({
    places: fc.integer({ min: 1, max: 3 }),
    maxQueue: fc.integer({ min: 0, max: 6 }),
    maxAudioSeconds: fc.integer({ min: 0, max: 1500 }),
  })
  await fc.assert(
    fc.asyncProperty(bounds, steps, async (limits, acts) => {
      const queue = createQueue(limits)
      const guests: Guest[] = []
      const called: number[] = []
      const check = () => {
        const { running, queued, queuedAudioSeconds } = queue.status()
        const inLine = guests.filter(({ state }) => state === 'waiting')
        expect(running).toBeLessThanOrEqual(limits.places)
        expect(running + queued).toBeLessThanOrEqual(limits.places + limits.maxQueue)
        expect(queuedAudioSeconds).toBeLessThanOrEqual(limits.maxAudioSeconds)
        expect(queuedAudioSeconds).toBe(inLine.reduce((sum, { seconds }) => sum + seconds, 0))
        if (queued > 0) expect(running).toBe(limits.places)
      }
      const come = (id: number, seconds: number) => {
        let ticket: Ticket
        try {
          ticket = queue.admit()
        } catch {
          return
        }
        const controller = new AbortController()
        const guest: Guest = { id, ticket, seconds, controller, state: 'waiting' }
        guests.push(guest)
        ticket.turn(seconds, controller.signal).then(
          () => {
            guest.state = 'runs'
            called.push(id)
          },
          () => {
            guest.state = 'refused'
            guests.splice(guests.indexOf(guest), 1)
            ticket.leave()
          },
        )
      }
      const leave = (guest: Guest | undefined, seconds?: number) => {
        if (!guest) return
        guests.splice(guests.indexOf(guest), 1)
        guest.ticket.leave(seconds === undefined ? undefined : { audioSeconds: seconds })
      }
      const settle = () => new Promise((resolve) => setImmediate(resolve))
      const pick = (state: Guest['state'], which: number) => {
        const those = guests.filter((guest) => guest.state === state)
        return those[which % those.length]
      }
      for (const [id, { act, which, seconds }] of acts.entries()) {
        if (act === 'come') come(id, seconds)
        else if (act === 'finish') leave(pick('runs', which), seconds)
        else if (act === 'give up') leave(pick('runs', which))
        else pick('waiting', which)?.controller.abort()
        await settle()
        check()
      }
      while (guests.length > 0) {
        leave(pick('runs', 0))
        await settle()
        check()
      }
      await queue.idle()
      expect(queue.status()).toMatchObject({ running: 0, queued: 0, queuedAudioSeconds: 0 })
      expect(called).toEqual(called.toSorted((a, b) => a - b))
    }),
    { numRuns: 200 },
  )
})
