import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { read, serve, stopAll, untilAborted } from '../../../test/http-service.ts'
import { drop, expectNoProblems, launch, noBrowser, openPage } from '../../../test/page/open-page.ts'
import { type Aligner, createAligner } from '../../aligner/aligner.ts'

const speech = (name: string) => new URL(`../../../test/fixtures/speech/${name}`, import.meta.url)

/** SHA-256 of dist/rapidoc-min.js in rapidoc 9.3.8 of npm. */
const RAPIDOC = 'affbd173a65e870e18f392cca963113bcdafb6e50e88cd2f6a834a65b22db94d'

afterAll(stopAll)

describe('the files of the page', () => {
  test('are there, refer to nothing outside, and hold no code in the HTML', async () => {
    const { url } = await serve()
    const answer = await fetch(url, { headers: { accept: 'text/html' } })
    const policy = answer.headers.get('content-security-policy')!
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/https?:|\*|unsafe/)
    const html = await answer.text()
    const paths = [...html.matchAll(/(?:href|src)="([^"]+)"/g)]
      .map(([, path]) => path)
      .filter((path) => path !== 'data:,')
    expect(paths.length).toBe(2)
    for (const path of paths) expect((await fetch(`${url}/${path}`)).status).toBe(200)
    expect(html).not.toMatch(/https?:\/\/|<script>| on\w+=/)
    // What is bundled is named with its licence.
    const licences = await (await fetch(`${url}/page/licences.md`)).text()
    for (const name of ['wavesurfer.js', 'preact', 'fflate', 'idb-keyval', 'eventsource-parser'])
      expect(licences).toContain(name)
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
})

describe.skipIf(noBrowser)(noBrowser ? `in a browser (skipped: ${noBrowser})` : 'in a browser', () => {
  let browser: Browser
  let aligner: Aligner
  beforeAll(async () => {
    browser = await launch()
    aligner = await createAligner()
  })
  afterAll(async () => {
    await browser?.close()
    await aligner?.close()
  })

  const lyrics = { name: 'psalm-en.txt', bytes: readFileSync(speech('psalm-en.txt')) }
  const recording = { name: 'psalm-en.mp3', bytes: readFileSync(speech('psalm-en.mp3')) }

  async function open(env: Record<string, string> = {}) {
    const service = await serve((...given) => aligner.align(...given), env)
    return { ...(await openPage(browser, service.url)), service }
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

  test('files are dropped in any order, aligned, played from a line with its words lit, and exported', async () => {
    const opened = await open()
    const { page } = opened
    await drop(page, [lyrics, recording])
    await page.click('#align')
    await page.waitForSelector('progress')
    await page.waitForSelector('.waveform.ready')
    expect(await page.textContent('#verdict')).toContain('6 of 6 lines aligned')
    expect(await page.locator('.line.aligned').count()).toBe(6)
    await page.click('.line >> nth=2')
    await page.keyboard.press(' ')
    await page.waitForSelector('.line[aria-current] .word.now')
    expect(await page.textContent('.line[aria-current]')).toContain('still waters')
    await page.keyboard.press(' ')
    await page.keyboard.press('x')
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')])
    expect(download.suggestedFilename()).toBe('psalm-en.lrc')
    expect(readFileSync(await download.path(), 'utf8')).toMatch(/^\[00:0\d\.\d\d\]The Lord is my shepherd/)
    expectNoProblems(opened)
  })

  test('a line whose text is edited is aligned again, and no other line moves', async () => {
    const opened = await open()
    const { page } = opened
    const wrong = readFileSync(speech('psalm-en.txt'), 'utf8').replace(
      'He restoreth my soul.',
      'Completely other words',
    )
    await drop(page, [recording, { name: 'psalm-en.txt', bytes: Buffer.from(wrong) }])
    await page.click('#align')
    await page.waitForSelector('.waveform.ready')
    const times = () => page.locator('.line-time').allTextContents()
    const before = await times()
    await page.click('.line >> nth=3')
    await page.fill('#line-text', 'He restoreth my soul.')
    await page.press('#line-text', 'Enter')
    await page.waitForSelector('.line.aligned >> text=He restoreth my soul')
    const after = await times()
    expect(after.toSpliced(3, 1)).toEqual(before.toSpliced(3, 1))
    expect(after[3]).toMatch(/^0:1[78]\./)
    await page.waitForTimeout(300)
    expectNoProblems(opened)
  })

  test('where a key is asked for, the page asks for it once, says so, and works with it', async () => {
    const { page } = await open({ SOW_QWEN3_API_KEY: 'key' })
    await drop(page, [recording, lyrics])
    await page.click('#align')
    await page.waitForSelector('dialog[open]')
    expect(await page.textContent('dialog')).toContain('asks for an API key')
    await page.fill('#key', 'key')
    await page.press('#key', 'Enter')
    await page.waitForSelector('.waveform.ready')
    await page.click('text=Align again')
    await page.waitForSelector('.side progress', { state: 'detached' })
    expect(await page.locator('dialog[open]').count()).toBe(0)
  })

  test('a run that is cancelled says so, and one whose service goes away keeps the song', async () => {
    const { url, stop } = await serve(untilAborted(() => {}))
    const { page } = await openPage(browser, url)
    await drop(page, [recording, lyrics])
    await page.click('#align')
    await page.click('.run button')
    await page.waitForSelector('.note')
    expect(await page.textContent('.note')).toContain('Cancelled')
    await page.click('#align')
    await page.waitForSelector('.run')
    await stop(true)
    await page.waitForSelector('.complaint', { timeout: 40_000 })
    expect(await page.textContent('.complaint')).toContain('your song is kept here')
    expect(await page.inputValue('#lyrics')).toContain('shepherd')
    expect(await page.textContent('.file-name')).toBe('psalm-en.mp3')
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
