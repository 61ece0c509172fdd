import { expect, test } from 'vitest'
import { createQueue } from './queue.ts'

test('runs as many as there are places, the others in the order they came', async () => {
  const queue = createQueue(2, 10)
  const order: number[] = []
  const tickets = [0, 1, 2, 3].map((id) => {
    const ticket = queue.admit()
    return { ticket, turn: ticket.turn().then(() => order.push(id)) }
  })
  await Promise.all([tickets[0]!.turn, tickets[1]!.turn])
  expect(queue.status()).toMatchObject({ running: 2, queued: 2 })
  tickets[1]!.ticket.leave()
  await tickets[2]!.turn
  expect(order).toEqual([0, 1, 2])
  tickets[0]!.ticket.leave()
  await tickets[3]!.turn
  expect(queue.status()).toMatchObject({ running: 2, queued: 0 })
})

test('one more than maxQueue is refused at once, and admitted again when somebody has left', async () => {
  const queue = createQueue(1, 1)
  const first = queue.admit()
  await first.turn()
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

test('who is cancelled while waiting goes away, and those behind move up', async () => {
  const queue = createQueue(1, 5)
  const holder = queue.admit()
  await holder.turn()
  const controller = new AbortController()
  const cancelled = queue.admit()
  const cancelledTurn = cancelled.turn(controller.signal)
  const behind = queue.admit()
  const behindTurn = behind.turn()
  controller.abort()
  await expect(cancelledTurn).rejects.toMatchObject({ code: 'CANCELLED' })
  cancelled.leave()
  holder.leave()
  await behindTurn
  expect(queue.status()).toMatchObject({ running: 1, queued: 0 })
})

test('a place called and cancelled in the same moment goes to the next in line', async () => {
  const queue = createQueue(1, 5)
  const holder = queue.admit()
  await holder.turn()
  const controller = new AbortController()
  const called = queue.admit()
  const calledTurn = called.turn(controller.signal)
  const next = queue.admit()
  const nextTurn = next.turn()
  holder.leave()
  controller.abort()
  await expect(calledTurn).rejects.toMatchObject({ code: 'CANCELLED' })
  called.leave()
  await nextTurn
  expect(queue.status().running).toBe(1)
})

test('idle waits for everybody; the expected wait comes from measured work', async () => {
  const queue = createQueue(1, 5)
  expect(queue.status().expectedWaitSeconds).toBeNull()
  const ticket = queue.admit()
  await ticket.turn()
  let idle = false
  const waiting = queue.idle().then(() => {
    idle = true
  })
  await Promise.resolve()
  expect(idle).toBe(false)
  ticket.leave()
  await waiting
  expect(queue.status().expectedWaitSeconds).toBe(0)
})
