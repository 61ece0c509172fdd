import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../config/load.ts'
import { CONFIG_TABLE } from '../config/table.ts'
import { AlignError } from '../errors.ts'
import { createAligner } from './aligner.ts'
import { ALIGN_OPTIONS, ALIGNER_OPTIONS, checkAlignerOptions, checkAlignOptions } from './check-options.ts'
import { alignerOptions } from './from-config.ts'
import type { AlignerOptions, AlignOptions } from './options.ts'

/** The message of a refusal; undefined where the options are taken. */
function refusal(check: (options: never) => unknown, options: unknown): string | undefined {
  try {
    check(options as never)
    return undefined
  } catch (error) {
    if (error instanceof AlignError && error.code === 'CONFIG_INVALID') return error.message
    throw error
  }
}

const texts = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'))
const seconds = (most: number) => fc.double({ min: 0.001, max: most, noNaN: true })
const callbacks = fc.constant(() => {})
const port = fc.integer({ min: 1, max: 65_535 })
const range = fc.tuple(port, port).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as [number, number])

type Values<T> = { [K in keyof Required<T>]: fc.Arbitrary<unknown> }

/** What each option may be. */
const GOOD: Values<AlignerOptions> = {
  maxConcurrent: fc.integer({ min: 1, max: 64 }),
  modelPath: texts,
  threads: fc.integer({ min: 1, max: 256 }),
  maxQueue: fc.integer({ min: 0, max: 10_000 }),
  maxQueueAudioSeconds: fc.oneof(fc.constant(0), seconds(10_000_000)),
  cacheDir: texts,
  cacheMaxBytes: fc.integer({ min: 1024, max: Number.MAX_SAFE_INTEGER }),
  dtype: fc.constantFrom('float32', 'int8', 'int4'),
  decode: fc.constantFrom('official', 'viterbi'),
  onLoading: callbacks,
  maxAudioSeconds: seconds(36_000),
  maxAudioBytes: fc.integer({ min: 1024, max: 2 ** 31 - 1 }),
  fetchTimeoutSeconds: seconds(3600),
  allowFiles: fc.boolean(),
  allowPrivateUrls: fc.boolean(),
  fetchPorts: fc.array(range),
  isolation: fc.constantFrom('thread', 'process'),
  stuckSeconds: seconds(86_400),
  quarantineSeconds: fc.oneof(fc.constant(0), seconds(31_536_000)),
  s3: fc.record(
    {
      endpoint: fc.webUrl(),
      region: texts,
      accessKeyId: texts,
      secretAccessKey: texts,
    },
    { requiredKeys: [] },
  ),
  onWarning: callbacks,
}

const GOOD_REQUEST: Values<AlignOptions> = {
  language: texts,
  structure: fc.constantFrom('free', 'strict'),
  signal: fc.constantFrom(AbortSignal.abort(), new AbortController().signal),
  onProgress: callbacks,
  onFetched: callbacks,
  force: fc.boolean(),
}

/** Kinds of what is expected, for the values that are never right. */
const NUMBERS = new Set(
  Object.keys(GOOD).filter((name) => /Seconds|Bytes|^max|threads/.test(name)),
) as ReadonlySet<string>
const WHOLE = new Set(['maxConcurrent', 'threads', 'maxQueue', 'cacheMaxBytes', 'maxAudioBytes'])
const TEXTS = new Set(['modelPath', 'cacheDir', 'language'])
const WORDS = new Set(['dtype', 'decode', 'isolation', 'structure'])
const FUNCTIONS = new Set(['onLoading', 'onWarning', 'onProgress', 'onFetched'])
const FLAGS = new Set(['allowFiles', 'allowPrivateUrls', 'force'])

/** Values that the option cannot be. */
function wrong(name: string): fc.Arbitrary<unknown> {
  const kinds: fc.Arbitrary<unknown>[] = [fc.constantFrom<unknown>(null, 1n, Symbol('s'))]
  if (!NUMBERS.has(name)) kinds.push(fc.constantFrom(Number.NaN, 1, -1, Number.POSITIVE_INFINITY))
  else {
    kinds.push(
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300, 2 ** 60),
    )
    kinds.push(fc.double({ max: -Number.MIN_VALUE, noNaN: true }))
    if (WHOLE.has(name)) kinds.push(fc.integer({ min: 1, max: 60 }).map((n) => n + 0.5))
  }
  if (!TEXTS.has(name)) kinds.push(fc.constantFrom('', 'typo', '1', 'true', 'constructor', '__proto__'))
  if (WORDS.has(name)) kinds.push(fc.string({ maxLength: 4 }), fc.constantFrom('FREE', 'Thread', ' int8'))
  if (TEXTS.has(name)) kinds.push(fc.constant('a\0b'))
  if (!FUNCTIONS.has(name)) kinds.push(fc.constant(() => {}))
  if (!FLAGS.has(name)) kinds.push(fc.boolean())
  if (name !== 'fetchPorts') kinds.push(fc.constantFrom<unknown>([], [1]))
  else
    kinds.push(
      fc.constantFrom<unknown>([80], [[80]], [[0, 1]], [[2, 1]], [[1, 65_536]], [['1', '2']], [[1.5, 2]]),
    )
  if (name !== 's3') kinds.push(fc.constantFrom<unknown>({}, { aborted: false }))
  return fc.oneof(...kinds)
}

const SETS = [
  { of: 'createAligner', good: GOOD, check: checkAlignerOptions, table: ALIGNER_OPTIONS },
  { of: 'align', good: GOOD_REQUEST, check: checkAlignOptions, table: ALIGN_OPTIONS },
]

describe.each(SETS)('the options of $of', ({ good, check, table }) => {
  const names = Object.keys(table)

  test('that can work are taken as they are, all of them together', () => {
    fc.assert(
      fc.property(
        fc.record(good as Record<string, fc.Arbitrary<unknown>>, { requiredKeys: [] }),
        (options) => {
          expect(check(options)).toEqual(options)
        },
      ),
    )
  })

  test.each(names)('%s: what cannot work is refused by name', (name) => {
    fc.assert(
      fc.property(wrong(name), (value) => {
        expect(refusal(check, { [name]: value })).toMatch(new RegExp(`^Expected ${name} to be .+, got .+`))
      }),
    )
  })

  test('undefined is as good as not given', () => {
    expect(check(Object.fromEntries(names.map((name) => [name, undefined])))).toEqual({})
  })

  test('a name that is no option is refused, and the nearest one is named', () => {
    for (const name of names) {
      const typo = `${name.slice(0, -1)}_`
      expect(refusal(check, { [typo]: 1 })).toBe(
        `Expected a known option, got ${typo}; did you mean ${name}?`,
      )
    }
    fc.assert(
      fc.property(fc.string(), (name) => {
        fc.pre(!names.includes(name))
        const options = JSON.parse(`{${JSON.stringify(name)}: 1}`)
        expect(refusal(check, options)).toContain('Expected a known option, got ')
      }),
    )
  })

  test.each([[null], [5], ['text'], [[]], [() => {}]])('%j is no set of options', (options) => {
    expect(refusal(check, options)).toContain('Expected options as an object, got ')
  })
})

describe('what is a setting of the service as well', () => {
  const shared = Object.keys(ALIGNER_OPTIONS).filter((name) => Object.hasOwn(CONFIG_TABLE, name))

  test.each(shared.filter((name) => NUMBERS.has(name)))('%s has the limits of the setting', (name) => {
    const setting = CONFIG_TABLE[name as keyof typeof CONFIG_TABLE]
    const least = Number(/from (\d+)/.exec(setting.reader.expected)![1])
    const most = Number(/to (\d+)/.exec(setting.reader.expected)![1])
    const near = [least - 1, least, least + 1, most - 1, most, most + 1].filter((n) =>
      Number.isSafeInteger(n),
    )
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...near), fc.integer({ min: -1 }), fc.maxSafeNat()), (value) => {
        const asSetting = refusal(loadConfig, { [setting.name]: String(value) })
        const asOption = refusal(checkAlignerOptions, { [name]: value })
        expect(asOption === undefined).toBe(asSetting === undefined)
      }),
    )
  })

  test('what the service gives its aligner is taken', () => {
    const config = loadConfig({ SOW_QWEN3_FETCH_PORTS: '80,9000-9010', SOW_QWEN3_DECODE: 'viterbi' })
    expect(checkAlignerOptions(alignerOptions(config))).toEqual(alignerOptions(config))
  })
})

test('every wrong option is named at once, and no secret is shown', () => {
  const options = {
    threads: 0,
    decode: 'typo',
    s3: { endpoint: 'ftp://x', secretAccessKey: 5_550_123, regoin: 'a' },
  }
  const message = refusal(checkAlignerOptions, options)
  expect(message).toBe(
    [
      'Expected threads to be a whole number from 1 to 256, got 0',
      'Expected decode to be official or viterbi, got "typo"',
      'Expected s3.endpoint to be an http(s) URL, got "ftp://x"',
      'Expected s3.secretAccessKey to be text without NUL, got another number',
      'Expected a known option, got s3.regoin; did you mean s3.region?',
    ].join('; '),
  )
})

test('a long text that came is shortened', () => {
  expect(refusal(checkAlignerOptions, { decode: 'x'.repeat(1e6) })!.length).toBeLessThan(200)
  expect(refusal(checkAlignerOptions, { ['x'.repeat(1e6)]: 1 })!.length).toBeLessThan(300)
})

test.each([
  [
    { stuckSeconds: Number.POSITIVE_INFINITY },
    'Expected stuckSeconds to be seconds, a number above 0 to 86400, got Infinity',
  ],
  [
    { fetchTimeoutSeconds: Number.POSITIVE_INFINITY },
    'Expected fetchTimeoutSeconds to be seconds, a number above 0 to 3600, got Infinity',
  ],
  [{ decode: 'typo' }, 'Expected decode to be official or viterbi, got "typo"'],
  [{ maxConcurent: 2 }, 'did you mean maxConcurrent?'],
])('createAligner refuses %j before it loads anything', async (options, message) => {
  await expect(createAligner(options as AlignerOptions)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(message),
  })
})

test('no time that is allowed is more than a timer holds', () => {
  for (const name of ['stuckSeconds', 'fetchTimeoutSeconds'] as const) {
    expect(refusal(checkAlignerOptions, { [name]: (2 ** 31 - 1) / 1000 })).toBeDefined()
  }
})

test('align refuses what cannot work', async () => {
  await using aligner = await createAligner({ threads: 1 })
  const bytes = readFileSync(new URL('../../test/fixtures/speech/psalm-en.mp3', import.meta.url))
  const ask = (options: unknown) => aligner.align(bytes, 'a line', options as AlignOptions)
  await expect(ask({ structure: 'loose' })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: 'Expected structure to be free or strict, got "loose"',
  })
  await expect(ask({ langauge: 'en' })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: 'Expected a known option, got langauge; did you mean language?',
  })
  await expect(ask({ onProgress: 5 })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  await expect(ask({ language: 5 })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  await expect(ask(null)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})
