import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GOOD, type Service, serve, stopAll } from '../../test/http-service.ts'
import { BatchItem } from './jobs/schemas.ts'
import { AlignBody } from './schemas.ts'

const MB = 1_000_000
const ROUTES = ['align', 'jobs', 'batches'] as const

let service: Service
let given: string[] = []
beforeAll(async () => {
  service = await serve(async (_source, lyrics) => {
    given.push(lyrics)
    throw new Error('no alignment is under test here')
  })
})
afterAll(stopAll)

function send(route: string, body: string, method = 'POST'): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(`${service.url}/api/v1/${route}`, { method, headers, body })
}

/** Arrays or objects in one another, of about so many bytes. */
const arrays = (bytes: number) => '['.repeat(bytes / 2) + ']'.repeat(bytes / 2)
const objects = (bytes: number) => `${'{"a":'.repeat(bytes / 6)}1${'}'.repeat(bytes / 6)}`
/** A body in which a value stands where that route wants the field. */
function bodyWith(route: string, field: string, value: string): string {
  const fields = Object.entries({ ...GOOD, [field]: null })
    .map(([name, text]) => `${JSON.stringify(name)}:${name === field ? value : JSON.stringify(text)}`)
    .join()
  return route === 'batches' ? `{"items":[{${fields}}]}` : `{${fields}}`
}

const ATTACKS: [string, (route: string, bytes: number) => string][] = [
  ['lyrics of arrays', (route, bytes) => bodyWith(route, 'lyrics_text', arrays(bytes))],
  ['lyrics of objects', (route, bytes) => bodyWith(route, 'lyrics_text', objects(bytes))],
  ['arrays in a field that nobody knows', (route, bytes) => bodyWith(route, 'x', arrays(bytes))],
  ['objects as audio', (route, bytes) => bodyWith(route, 'audio', objects(bytes))],
  ['nothing but arrays', (_, bytes) => arrays(bytes)],
  ['nothing but objects', (_, bytes) => objects(bytes)],
  ['arrays that are not closed', (_, bytes) => '['.repeat(bytes)],
  ['items of arrays', (_, bytes) => `{"items":[${arrays(bytes)}]}`],
  [
    'a flat array of lyrics',
    (route, bytes) => bodyWith(route, 'lyrics_text', `[${'0,'.repeat(bytes / 2)}0]`),
  ],
]

describe.each(ROUTES)('POST /api/v1/%s', (route) => {
  test.each(ATTACKS)(
    '%s: refused in a few words, in time that grows no faster than the body',
    async (_, make) => {
      const small = await measured(() => send(route, make(route, MB / 4)))
      const large = await measured(() => send(route, make(route, 2 * MB)))
      // Eight times the bytes; what is quadratic takes 64 times as long.
      expect(large / Math.max(small, 5)).toBeLessThan(32)
      expect((await fetch(`${service.url}/api/v1/live`)).status).toBe(200)
    },
  )

  test('keys that objects have by birth are fields that nobody knows', async () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      given = []
      const body = bodyWith(route, name, '{"force": true, "lyrics_text": "polluted", "audio": {}}')
      const answer = await send(route, body)
      expect([200, 202, 500]).toContain(answer.status)
      await answer.text()
      await expect.poll(() => given).toEqual([GOOD.lyrics_text])
      expect(({} as Record<string, unknown>).lyrics_text).toBeUndefined()
    }
  })

  test('fields that are given by a prototype alone are not given', async () => {
    const fields = `{"__proto__": ${JSON.stringify(GOOD)}}`
    const answer = await send(route, route === 'batches' ? `{"items":[${fields}]}` : fields)
    expect(await answer.text()).toMatch(/"code":"(LYRICS_EMPTY|BODY_INVALID)"/)
  })

  test('of keys that come twice the last one counts, for what is checked and for what is done', async () => {
    given = []
    const twice = bodyWith(route, 'x', `1,"lyrics_text":"the last"`)
    await (await send(route, twice)).text()
    await expect.poll(() => given).toEqual(['the last'])
    const wrong = await send(route, bodyWith(route, 'x', '1,"lyrics_text":[]'))
    expect(await wrong.text()).toContain('lyrics_text: expected text, got an array')
  })

  test('what a value was is neither answered nor logged, however short', async () => {
    for (const field of ['lyrics_text', 'language', 'format', 'audio_url', 'layout']) {
      for (const value of ['["secret"]', '{"secret":1}']) {
        const answer = await send(route, bodyWith(route, field, value))
        const text = await answer.text()
        expect(text).toContain('"code":"BODY_INVALID"')
        expect(text).not.toContain('secret')
      }
    }
    expect(service.logged()).not.toContain('secret')
  })

  test('a body that is wrong in every field is refused in a few words', async () => {
    const names = [...Object.keys(AlignBody.properties), ...Object.keys(BatchItem.properties)]
    const fields = Object.fromEntries(names.map((name) => [name, ['secret'.repeat(1000)]]))
    const answer = await send(route, JSON.stringify(route === 'batches' ? { items: [fields] } : fields))
    expect((await answer.text()).length).toBeLessThan(1000)
  })

  test('NUL is no white space in JSON, and a character as any other in its texts', async () => {
    for (const body of ['\0', `\0${bodyWith(route, 'x', '1')}`, `${bodyWith(route, 'x', '1')}\0`]) {
      const answer = await send(route, body)
      expect({ status: answer.status, code: codeOf(await answer.text()) }).toEqual({
        status: 400,
        code: 'BODY_INVALID',
      })
    }
    const raw = await send(route, bodyWith(route, 'lyrics_text', '"a\0b"'))
    expect(codeOf(await raw.text())).toBe('BODY_INVALID')
    given = []
    await (await send(route, bodyWith(route, 'lyrics_text', '"a\\u0000b"'))).text()
    await expect.poll(() => given).toEqual(['a\0b'])
    for (const [field, code] of [
      ['audio_url', 'AUDIO_URL_FORBIDDEN'],
      ['language', 'LANGUAGE_UNSUPPORTED'],
      ['format', 'BODY_INVALID'],
    ] as const) {
      const answer = await send(route, bodyWith(route, field, '"\\u0000"'))
      expect(await answer.text()).toContain(`"code":"${code}"`)
    }
  })
})

test.each(['a\\u0000b', 'a\\ud800b'])(
  'a name that would not come back as it was given is refused: %s',
  async (id) => {
    const answer = await send('batches', bodyWith('batches', 'id', `"${id}"`))
    expect(JSON.parse(await answer.text())).toMatchObject({
      id: null,
      error: { code: 'BODY_INVALID', detail: 'id: expected text of Unicode without NUL, got another' },
    })
  },
)

/**
 * The least of five times that this process was at work for it, in ms: other programs do not count. Every answer is the
 * refusal, and short.
 */
async function measured(ask: () => Promise<Response>): Promise<number> {
  const times = []
  for (let i = 0; i < 5; i++) {
    const before = process.cpuUsage()
    const answer = await ask()
    const text = await answer.text()
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1000)
    expect(text.length).toBeLessThan(1000)
    expect({ status: answer.status, code: codeOf(text) }).toEqual({ status: 400, code: 'BODY_INVALID' })
  }
  return Math.min(...times)
}

function codeOf(text: string): string {
  return (JSON.parse(text) as { code: string }).code
}

test('a form whose fields are of 1 MB is refused in a few words', async () => {
  for (const field of ['format', 'language', 'timeout', 'force', 'audio', 'audio_url']) {
    const form = new FormData()
    for (const [name, value] of Object.entries({ ...GOOD, [field]: 'x'.repeat(MB) })) form.set(name, value)
    const answer = await fetch(`${service.url}/api/v1/align`, { method: 'POST', body: form })
    const text = await answer.text()
    expect(text.length).toBeLessThan(1000)
    expect(codeOf(text)).toBe('BODY_INVALID')
  }
})

test('bodies where none is wanted are not read', async () => {
  for (const route of ['jobs/none', 'batches/none', 'nowhere', 'align']) {
    const answer = await send(route, arrays(MB), 'DELETE')
    expect([404, 405]).toContain(answer.status)
    expect((await answer.text()).length).toBeLessThan(1000)
  }
})
