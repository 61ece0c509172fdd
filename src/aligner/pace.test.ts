import { expect, test } from 'vitest'
import { createPace } from './pace.ts'

/** A pace whose clock is set by hand. */
function paceOf(places: number) {
  const clock = { seconds: 0 }
  const pace = createPace(places, () => clock.seconds)
  const work = (audioSeconds: number, seconds: number) => {
    const piece = pace.begin(audioSeconds)
    clock.seconds += seconds
    piece.end(audioSeconds)
  }
  return { pace, clock, work }
}

test('nothing is expected until some work has finished', () => {
  const { pace } = paceOf(1)
  pace.begin(240).end()
  expect(pace.expectedWait([240], 0, 1)).toBeNull()
})

test('one place works through the line one after the other', () => {
  const { pace, clock, work } = paceOf(1)
  work(200, 10) // 0.05 s of work for each second of audio
  expect(pace.expectedWait([], 0, 0)).toBe(0)
  pace.begin(400)
  clock.seconds += 5
  expect(pace.expectedWait([], 0, 1)).toBeCloseTo(15)
  expect(pace.expectedWait([100, 300], 0, 1)).toBeCloseTo(15 + 5 + 15)
})

test('several places share the line: each takes the next song as soon as it is free', () => {
  const { pace, work } = paceOf(2)
  work(200, 10)
  pace.begin(100) // free after 5 s
  pace.begin(1000) // after 50 s
  expect(pace.expectedWait([], 0, 2)).toBeCloseTo(5)
  // 100 s and 300 s of audio go to the first place, one after the other.
  expect(pace.expectedWait([100, 300], 0, 2)).toBeCloseTo(25)
  expect(pace.expectedWait([100, 300, 600], 0, 2)).toBeCloseTo(50)
})

test('work that takes longer than expected does not lead to a wait below nothing', () => {
  const { pace, clock, work } = paceOf(1)
  work(200, 10)
  pace.begin(100)
  clock.seconds += 60
  expect(pace.expectedWait([], 0, 1)).toBe(0)
  expect(pace.expectedWait([200], 0, 1)).toBeCloseTo(10)
})

test('audio that is still fetched counts as long as the mean, and the newest work the most', () => {
  const { pace, work } = paceOf(1)
  work(100, 5)
  work(300, 15)
  const wait = pace.expectedWait([], 1, 0)!
  expect(wait).toBeGreaterThan(10)
  expect(wait).toBeLessThan(15)
  for (let i = 0; i < 20; i++) work(100, 50)
  expect(pace.expectedWait([100], 0, 0)).toBeCloseTo(50, 0)
})

test('what was given up says nothing of the pace', () => {
  const { pace, clock, work } = paceOf(1)
  work(200, 10)
  const piece = pace.begin(200)
  clock.seconds += 1000
  piece.end()
  expect(pace.expectedWait([200], 0, 0)).toBeCloseTo(10)
})
