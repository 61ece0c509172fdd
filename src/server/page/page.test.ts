import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { read, serve, stopAll } from '../../../test/http-service.ts'
import { type Aligner, createAligner } from '../../aligner/aligner.ts'
import { SUPPORTED_LANGUAGES } from '../../lyrics/language.ts'

const speech = (name: string) => new URL(`../../../test/fixtures/speech/${name}`, import.meta.url)

/** SHA-256 of dist/rapidoc-min.js in rapidoc 9.3.8 of npm. */
const RAPIDOC = 'affbd173a65e870e18f392cca963113bcdafb6e50e88cd2f6a834a65b22db94d'

afterAll(stopAll)

describe('the files of the page', () => {
  test('are there, refer to nothing outside, and hold no code in the HTML', async () => {
    const { url } = await serve()
    const html = await (await fetch(url, { headers: { accept: 'text/html' } })).text()
    for (const [, path] of html.matchAll(/(?:href|src)="([^"]+)"/g)) {
      if (path === 'data:,') continue
      const response = await fetch(`${url}/${path}`)
      expect(response.status).toBe(200)
      expect(await response.text()).not.toMatch(/https?:\/\//)
    }
    expect(html).not.toMatch(/https?:\/\/|<script>| on\w+=/)
  })

  test('the reference comes from here alone, its viewer as it was published', async () => {
    const { url } = await serve()
    const answer = await fetch(`${url}/openapi`)
    expect(answer.headers.get('content-type')).toContain('text/html')
    const policy = answer.headers.get('content-security-policy')!
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/https?:|\*|script-src[^;]*unsafe/)
    const html = await answer.text()
    expect(html).not.toMatch(/https?:|<script>| on\w+=/)
    for (const [, path] of html.matchAll(/(?:src|spec-url)="([^"]+)"/g)) {
      expect((await fetch(`${url}/${path}`)).status).toBe(200)
    }
    const viewer = await (await fetch(`${url}/page/rapidoc-min.js`)).text()
    expect(createHash('sha256').update(viewer).digest('hex')).toBe(RAPIDOC)
  })

  test('offer every supported language', async () => {
    const { url } = await serve()
    const html = await (await fetch(url, { headers: { accept: 'text/html' } })).text()
    const offered = [...html.matchAll(/<option value="([a-z]+)"/g)].map(([, code]) => code)
    expect(offered.sort()).toEqual(['auto', ...Object.keys(SUPPORTED_LANGUAGES)].sort())
  })
})

const executablePath = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find((path) => existsSync(path))

// Playwright itself needs Node; the service it looks at is tested on both.
const missing = 'Bun' in globalThis ? 'Playwright runs on Node' : 'no chromium in PATH'
const able = executablePath !== undefined && !('Bun' in globalThis)
describe.skipIf(!able)(able ? 'in a browser' : `in a browser (skipped: ${missing})`, () => {
  let browser: Browser
  let aligner: Aligner
  beforeAll(async () => {
    const args = [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--mute-audio',
    ]
    browser = await chromium.launch({ executablePath: executablePath!, args })
    aligner = await createAligner()
  })
  afterAll(async () => {
    await browser?.close()
    await aligner?.close()
  })

  async function open(env: Record<string, string> = {}) {
    const { url } = await serve((...given) => aligner.align(...given), env)
    const page = await browser.newPage()
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    await page.goto(url)
    await page.setInputFiles('#audio', speech('psalm-en.mp3').pathname)
    await page.fill('#lyrics', readFileSync(speech('psalm-en.txt'), 'utf8').trimEnd())
    return { page, problems, url }
  }

  test('the reference shows every route, and asks nobody else for anything', async () => {
    const { url } = await serve()
    const page = await browser.newPage()
    const asked: string[] = []
    const problems: string[] = []
    page.on('request', (request) => void asked.push(request.url()))
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    await page.goto(`${url}/openapi`)
    await page.getByText('/api/v1/batches').first().waitFor()
    expect(asked.filter((each) => !each.startsWith(url) && !each.startsWith('data:'))).toEqual([])
    expect(problems).toEqual([])
  })

  test('a recording is aligned, shown line by line, played from a line, and downloaded', async () => {
    const { page, problems } = await open()
    await page.click('#submit')
    await page.waitForSelector('#result:not([hidden])')
    expect(await page.textContent('#verdict')).toContain('6 of 6 sung lines are sure')
    expect(await page.locator('#lines li.aligned').count()).toBe(6)
    await page.click('#lines li:nth-child(3) button')
    await page.waitForSelector('#lines li:nth-child(3).now')
    const position = await page.evaluate('document.getElementById("player").currentTime')
    expect(position).toBeGreaterThan(11)
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('text=Download LRC')])
    expect(download.suggestedFilename()).toBe('psalm-en.lrc')
    expect(readFileSync(await download.path(), 'utf8')).toMatch(/^\[00:0\d\.\d\d\]The Lord is my shepherd/)
    expect(problems).toEqual([])
  })

  test('where a key is asked for, the page asks for it, says so, and works with it', async () => {
    const { page } = await open({ SOW_QWEN3_API_KEY: 'key' })
    await page.click('#submit')
    await page.waitForSelector('#error:not([hidden])')
    expect(await page.textContent('#error')).toContain('Expected a valid API key')
    await page.fill('#key', 'key')
    await page.press('#key', 'Enter')
    await page.waitForSelector('#result:not([hidden])')
  })
})

test('the same over HTTP alone: Chinese speech as a form, every character timed', async () => {
  await using aligner = await createAligner()
  const { url } = await serve((...given) => aligner.align(...given))
  const form = new FormData()
  const lyrics = readFileSync(speech('psalm-zh.txt'), 'utf8').trimEnd()
  form.set('audio', new Blob([readFileSync(speech('psalm-zh.mp3'))]))
  form.set('lyrics_text', lyrics)
  form.set('format', 'json')
  const answer = await read(await fetch(`${url}/api/v1/align`, { method: 'POST', body: form }))
  expect(answer.language).toBe('zh')
  expect(answer.json_data!.map((line) => line.text)).toEqual(lyrics.split('\n'))
  const expected = JSON.parse(readFileSync(speech('psalm-zh.json'), 'utf8')) as { lines: { start: number }[] }
  const errors = answer.json_data!.map((line, i) => Math.abs(line.start_time - expected.lines[i]!.start))
  // Speech with pauses between lines: half a second is far less than the distance of two lines.
  expect(Math.max(...errors)).toBeLessThan(0.5)
  expect(answer.json_data![0]!.words.length).toBeGreaterThan(3)
})
