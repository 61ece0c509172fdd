import { expect, test } from 'vitest'
import { alternate } from './rounds.ts'

test('every variant runs in every round, forwards and backwards in turn', async () => {
  const ran: string[] = []
  await alternate(['a', 'b', 'c'], 3, async (variant, round) => {
    ran.push(`${variant}${round}`)
  })
  expect(ran).toEqual(['a0', 'b0', 'c0', 'c1', 'b1', 'a1', 'a2', 'b2', 'c2'])
})
