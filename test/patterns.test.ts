import { expect, test } from 'vitest'
import { patternsOf, productFiles } from './patterns-of-source.ts'

// The build in JavaScript: it starts nothing and runs on every machine.
process.env.RECHECK_BACKEND = 'pure'
const { checkSync } = await import('recheck')

/** Larger automata take seconds; what is larger is tried with texts that are made to be slow. */
const CHECK = { maxNFASize: 2_000, timeout: 20_000 } as const

const verdictOf = (source: string, flags: string) => {
  const found = checkSync(source, flags, CHECK)
  return found.status === 'vulnerable' ? `${found.status}: ${found.complexity.summary}` : found.status
}

test('no pattern of the product takes more than linear time for any text', { timeout: 300_000 }, () => {
  const { patterns } = patternsOf(productFiles())
  const judged = patterns.map(({ where, source, flags }) => `${where} ${verdictOf(source, flags)}`)
  expect(judged.filter((line) => !line.endsWith(' safe'))).toEqual([])
  // literals and built ones: fewer would mean that they are no longer found
  expect(patterns.length).toBeGreaterThan(150)
})

test('every pattern is made of constants, so that it can be checked before it runs', () => {
  expect(patternsOf(productFiles()).unknown).toEqual([])
})

test.each([
  ['^(?:a|a)*$', 'vulnerable: exponential'],
  ['[\\s:.]+$', 'vulnerable: 2nd degree polynomial'],
  ['<rp\\b[^>]*>[^<>]*</rp>', 'vulnerable: 2nd degree polynomial (fuzz)'],
  ['^(?:1|1절)(?: ,)?$', 'safe'],
])('%s is found to be %s', (source, verdict) => {
  expect(verdictOf(source, 'u')).toBe(verdict)
})
