import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { type Engine, loadEngine } from './load.ts'
import { selfTest } from './self-test.ts'
import { faultOf, TEST_LYRICS } from './test-signal.ts'

const embeddedPath = dirname(createRequire(import.meta.url).resolve('#embedded-model/manifest.json'))
let engine: Engine

beforeAll(async () => {
  engine = await loadEngine({
    embeddedPath,
    threads: 1,
    shareWeights: false,
  })
})

/** The engine with another network in it. */
function withRun(change: (values: Float32Array) => Float32Array): Engine {
  const { acoustic } = engine
  const run: typeof acoustic.run = async (samples, language) => {
    const heard = await acoustic.run(samples, language)
    return { ...heard, logProbs: change(heard.logProbs) }
  }
  return { ...engine, acoustic: { ...acoustic, run } }
}

test('a model that works passes', async () => {
  await selfTest(engine)
})

test('a network that answers with no numbers fails', async () => {
  const broken = withRun((values) => values.map(() => Number.NaN))
  await expect(selfTest(broken)).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: expect.stringContaining('self-test'),
  })
})

test('what the network throws is the reason', async () => {
  const broken = withRun(() => {
    throw new Error('bad allocation')
  })
  await expect(selfTest(broken)).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: expect.stringContaining('bad allocation'),
  })
})

const line = (text: string, start: number, end: number, confidence: number | null) => ({
  text,
  start,
  end,
  confidence,
})
const [first, , last] = TEST_LYRICS.split('\n') as [string, string, string]
const good = [line(first, 0, 1, 0.5), line('', 1, 1, null), line(last, 1, 2.9, 0)]

test.each([
  ['a line too few', good.slice(1), 3, '3 lines'],
  ['another text', [line('other', 0, 1, 1), ...good.slice(1)], 3, '3 lines'],
  ['a length that is not its own', good, 2.5, '3 s'],
  ['no length', good, Number.NaN, '3 s'],
  ['a time that is none', [line(first, Number.NaN, 1, 0.5), ...good.slice(1)], 3, 'times'],
  ['a line that ends before it starts', [line(first, 0.5, 0.2, 0.5), ...good.slice(1)], 3, 'times'],
  ['a start before the one above', [line(first, 2, 2.5, 0.5), ...good.slice(1)], 3, 'times'],
  ['a confidence that is none', [line(first, 0, 1, Number.NaN), ...good.slice(1)], 3, 'confidence'],
])('%s is a fault', (_, lines, duration, told) => {
  expect(faultOf({ lines, duration })).toContain(told)
})

test('an answer in good form has no fault', () => {
  expect(faultOf({ lines: good, duration: 3 })).toBeUndefined()
})
