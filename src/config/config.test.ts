import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'dotenv'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AlignError, ERROR_CODES } from '../errors.ts'
import { configTable, envExample, errorTable } from './docs.ts'
import { describeConfig, loadConfig, readEnvironment } from './load.ts'
import { COMPOSE_NAMES, CONFIG_TABLE } from './table.ts'

function refusal(env: Record<string, string>): AlignError {
  try {
    loadConfig(env)
  } catch (error) {
    if (error instanceof AlignError) return error
  }
  throw new Error('Expected an AlignError, got a configuration')
}

describe('loadConfig', () => {
  test('an empty environment gives the defaults', () => {
    const config = loadConfig({})
    expect(config).toMatchObject({ host: '127.0.0.1', port: 8000, maxConcurrent: 1, maxAudioSeconds: 300 })
    expect(config).toMatchObject({ allowPrivateUrls: false, warnings: [] })
    expect(config.modelPath).toBeUndefined()
    expect(config.apiKeys).toBeUndefined()
  })

  test('values are read with their types, and empty ones are as good as none', () => {
    const config = loadConfig({
      SOW_QWEN3_PORT: ' 9000 ',
      SOW_QWEN3_MODEL_PATH: '',
      SOW_QWEN3_HOST: '  ',
      SOW_QWEN3_ALLOW_PRIVATE_URLS: 'TRUE',
      SOW_QWEN3_API_KEY: 'one, two',
    })
    expect(config).toMatchObject({
      port: 9000,
      host: '127.0.0.1',
      allowPrivateUrls: true,
      apiKeys: ['one', 'two'],
    })
    expect(config.modelPath).toBeUndefined()
  })

  test('the names of the first service are accepted for the storage, the prefixed ones win', () => {
    const pair = { SOW_R2_ACCESS_KEY_ID: 'id', SOW_R2_SECRET_ACCESS_KEY: 'secret', SOW_R2_BUCKET: 'old' }
    expect(loadConfig(pair)).toMatchObject({
      r2AccessKeyId: 'id',
      r2SecretAccessKey: 'secret',
      r2Bucket: 'old',
    })
    expect(loadConfig({ ...pair, SOW_QWEN3_R2_BUCKET: 'new' }).r2Bucket).toBe('new')
  })

  test.each([
    [
      'SOW_QWEN3_DEVICE',
      'mps',
      'SOW_QWEN3_DEVICE: expected auto or cpu (only the CPU is supported), got "mps"',
    ],
    ['SOW_QWEN3_DTYPE', 'fp16', 'SOW_QWEN3_DTYPE: expected float32, int8 or int4, got "fp16"'],
    ['SOW_QWEN3_PORT', '80a', 'SOW_QWEN3_PORT: expected a whole number from 0 to 65535, got "80a"'],
    [
      'SOW_QWEN3_MAX_CONCURRENT',
      '0',
      'SOW_QWEN3_MAX_CONCURRENT: expected a whole number from 1 to 64, got "0"',
    ],
    ['SOW_R2_ENDPOINT_URL', 'r2.dev', 'SOW_R2_ENDPOINT_URL: expected an http(s) URL, got "r2.dev"'],
    [
      'SOW_QWEN3_ALLOW_PRIVATE_URLS',
      'maybe',
      'SOW_QWEN3_ALLOW_PRIVATE_URLS: expected true or false, got "maybe"',
    ],
    [
      'SOW_QWEN3_OTEL_ENABLED',
      'constructor',
      'SOW_QWEN3_OTEL_ENABLED: expected true or false, got "constructor"',
    ],
  ])('%s=%s is refused with name, expectation and value', (name, value, message) => {
    expect(refusal({ [name]: value })).toMatchObject({ code: 'CONFIG_INVALID', message })
  })

  test('every problem is told at once, secrets not among them', () => {
    const { message } = refusal({
      SOW_QWEN3_PORT: '-1',
      SOW_QWEN3_API_KEY: 'hush,,',
      SOW_R2_ACCESS_KEY_ID: 'id',
    })
    expect(message).toContain('SOW_QWEN3_PORT')
    expect(message).toContain('SOW_QWEN3_API_KEY: expected one key, or several with commas between them')
    expect(message).toContain('SOW_QWEN3_R2_SECRET_ACCESS_KEY: expected a value beside')
    expect(message).not.toContain('hush')
  })

  test.each(['schlüssel', 'a,ключ', 'a\u200b', 'a\tb', 'a\u0000', 'a\nb', '\u{1f511}', 'x'.repeat(4097)])(
    'a key that no request can bring is refused and not shown: %j',
    (key) => {
      const { code, message } = refusal({ SOW_QWEN3_API_KEY: key })
      expect(code).toBe('CONFIG_INVALID')
      expect(message).toContain('each of 1 to 4096 printable ASCII characters, got another text')
      expect(message).not.toContain(key)
    },
  )

  test('keys may hold any printable character but a comma', () => {
    const key = `${String.fromCharCode(...Array.from({ length: 94 }, (_, i) => 33 + i)).replace(',', '')} x`
    expect(loadConfig({ SOW_QWEN3_API_KEY: `a,${key}` }).apiKeys).toEqual(['a', key])
  })

  test('a port that compose publishes beyond this machine needs a key', () => {
    expect(refusal({ SOW_QWEN3_PUBLISH: '0.0.0.0' })).toMatchObject({
      code: 'CONFIG_INVALID',
      message:
        'SOW_QWEN3_API_KEY: expected a key where the port is published on 0.0.0.0 (SOW_QWEN3_PUBLISH), got none',
    })
    expect(loadConfig({ SOW_QWEN3_PUBLISH: '0.0.0.0', SOW_QWEN3_API_KEY: 'one' }).warnings).toEqual([])
    for (const address of ['', '127.0.0.1', '[::1]']) loadConfig({ SOW_QWEN3_PUBLISH: address })
  })

  test('a misspelt name is pointed out, not fatal', () => {
    const { warnings } = loadConfig({ SOW_QWEN3_MODEL_PAHT: '/x', SOW_QWEN3_MODEL_VOLUME: '/y', OTHER: 'z' })
    expect(warnings).toEqual([
      'SOW_QWEN3_MODEL_PAHT is not a setting and has no effect; did you mean SOW_QWEN3_MODEL_PATH?',
    ])
  })
})

describe('a .env file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sow-align-'))
  writeFileSync(
    join(folder, '.env'),
    "SOW_QWEN3_PORT=7001\nSOW_QWEN3_HOST='::1' # here\nSOW_QWEN3_API_KEY='pa$word'\nSOW_QWEN3_R2_BUCKET=a$HOME\n",
  )

  test('is read, and the real environment wins', () => {
    const config = loadConfig(readEnvironment(folder, { SOW_QWEN3_PORT: '7002' }))
    expect(config).toMatchObject({ port: 7002, host: '::1', apiKeys: ['pa$word'], r2Bucket: 'a$HOME' })
  })

  test('a folder without one is no error', () => {
    expect(readEnvironment(tmpdir(), { A: '1' })).toMatchObject({ A: '1' })
  })

  test.each([
    ['node', []],
    [join(import.meta.dirname, '../../node_modules/.bin/bun'), ['--no-env-file']],
  ])('gives the same in a process of its own: %s', (runtime, flags) => {
    const built = new URL('../../dist/src/config/load.js', import.meta.url).href
    const script = join(folder, 'print.mjs')
    writeFileSync(script, `import { loadConfig } from '${built}'; console.log(JSON.stringify(loadConfig()))`)
    const env = { PATH: process.env.PATH ?? '' }
    const printed = execFileSync(runtime, [...flags, script], { cwd: folder, encoding: 'utf8', env })
    expect(JSON.parse(printed)).toMatchObject({
      port: 7001,
      host: '::1',
      apiKeys: ['pa$word'],
      r2Bucket: 'a$HOME',
    })
  })
})

describe('what is generated from the table', () => {
  test('the description for the log masks secrets and names what stands in for an unset value', () => {
    const described = describeConfig(loadConfig({ SOW_QWEN3_API_KEY: 'hush', SOW_R2_BUCKET: 'songs' }))
    expect(described.SOW_QWEN3_API_KEY).toBe('***')
    expect(described.SOW_QWEN3_R2_BUCKET).toBe('songs')
    expect(described.SOW_QWEN3_MODEL_PATH).toBe('not set: the embedded model')
    expect(JSON.stringify(described)).not.toContain('hush')
  })

  test('the Markdown tables have a row for every setting and every error', () => {
    expect(configTable().split('\n')).toHaveLength(2 + Object.keys(CONFIG_TABLE).length)
    expect(errorTable().split('\n')).toHaveLength(2 + Object.keys(ERROR_CODES).length)
    for (const row of [...configTable().split('\n'), ...errorTable().split('\n')]) {
      expect(row.split(/(?<!\\)\|/)).toHaveLength(6)
    }
  })

  test('.env.example is what the table says, and loads', () => {
    const file = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')
    expect(file).toBe(envExample())
    const uncommented = file.replaceAll(/^# (SOW_\w+=)/gm, '$1')
    expect(Object.keys(parse(uncommented))).toHaveLength(
      COMPOSE_NAMES.length + Object.keys(CONFIG_TABLE).length,
    )
    expect(loadConfig(parse(uncommented))).toEqual(loadConfig({}))
  })
})

describe('any environment', () => {
  const settings = Object.values(CONFIG_TABLE)
  const name = fc.constantFrom(
    ...settings.flatMap((each) => [each.name, ...('aliases' in each ? each.aliases : [])]),
    'SOW_QWEN3_',
    'SOW_QWEN3___proto__',
    '__proto__',
  )
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(
      '0',
      '1',
      '-1',
      '1e3',
      '0x10',
      ' 5 ',
      '9'.repeat(400),
      'true',
      'int8',
      '*',
      ',',
      'constructor',
    ),
    fc.constantFrom('http://x', 'https://[::1]:9', 'http://', '80,443', '1-70000', '9-1', 'toString'),
  )

  test('gives values of their kinds, or CONFIG_INVALID, and its description holds no secret', () => {
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: 8 }), (env) => {
        try {
          const { warnings, ...config } = loadConfig(env)
          expect(Object.keys(config)).toEqual(Object.keys(CONFIG_TABLE))
          for (const [key, { fallback }] of Object.entries(CONFIG_TABLE)) {
            const read = config[key as keyof typeof config]
            if (fallback !== undefined) expect(typeof read).toBe(typeof fallback)
            if (typeof read === 'number') expect(Number.isSafeInteger(read)).toBe(true)
          }
          const described = describeConfig({ ...config, warnings })
          for (const each of settings.filter((each) => 'secret' in each)) {
            expect(described[each.name]).toMatch(/^(\*\*\*|not set: )/)
          }
        } catch (error) {
          expect(error).toMatchObject({
            code: 'CONFIG_INVALID',
            message: expect.stringContaining('expected'),
          })
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
