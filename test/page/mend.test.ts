import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Format, formats } from '../../src/format/format.ts'
import { type Align, postForm, read, serve, stopAll } from '../http-service.ts'
import {
  drop,
  expectNoProblems,
  launch,
  madeAlignment,
  noBrowser,
  openPage,
  timesOf,
  tone,
  violationsOf,
} from './open-page.ts'

// The page is under test, not the alignment: the service gives times that are made from the lyrics, so that every state
// comes at will.

const LYRICS = [
  'First line here',
  'Second line?',
  'Third line!',
  '[Chorus]',
  'Fifth line??',
  'Sixth line here',
]
const SECONDS = 20

const align: Align = async (_source, lyrics) => madeAlignment(lyrics, SECONDS)
const sound = { name: 'My song.wav', bytes: tone(SECONDS) }
const words = { name: 'words.txt', bytes: new TextEncoder().encode(LYRICS.join('\n')) }

describe.skipIf(noBrowser)(`mending in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ''}`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await stopAll()
  })

  async function openSong(size?: { width: number; height: number }, locale?: string) {
    const { url } = await serve(align)
    const opened = await openPage(browser, url, size, locale)
    await drop(opened.page, [words, sound])
    await opened.page.waitForSelector('#align:focus')
    await opened.page.keyboard.press('Enter')
    await opened.page.waitForSelector('.waveform.ready')
    return { ...opened, url }
  }

  const chosen = (page: Page) => page.textContent('.line[aria-selected="true"] .line-text')
  const left = (page: Page) => page.textContent('.verdict .left')
  const start = async (page: Page) => (await timesOf(page))[0]

  test('doubtful lines are walked from the most doubtful on, looped, and confirmed by Enter', async () => {
    const opened = await openSong()
    const { page } = opened
    expect(await left(page)).toBe('3 to look at')
    await page.keyboard.press('n')
    expect(await chosen(page)).toContain('Fifth line')
    expect(await page.textContent('.reason')).toContain('no better than chance')
    // It plays with a second of lead, again and again.
    const time = () => page.evaluate<string>('document.querySelector(".now").textContent')
    await expect.poll(time).toMatch(/^0:1[2-5]/)
    await page.keyboard.press('Enter')
    expect(await chosen(page)).toContain('Second line')
    await page.keyboard.press('p')
    expect(await chosen(page)).toContain('Third line')
    await page.keyboard.press('n')
    await page.keyboard.press('Enter')
    expect(await chosen(page)).toContain('Third line')
    await page.keyboard.press('Enter')
    expect(await left(page)).toBe('Nothing left to look at')
    expect(await page.locator('.line.confirmed').count()).toBe(2)
    expectNoProblems(opened)
  })

  test('a start is nudged, set at the cursor, undone and done again', async () => {
    const opened = await openSong()
    const { page } = opened
    await page.click('.line >> nth=1')
    expect(await timesOf(page)).toEqual(['0:04.000', '0:05.900'])
    for (const key of ['q', 'q', 'Shift+Q', 'w', 'a', 'Shift+S']) await page.keyboard.press(key)
    expect(await timesOf(page)).toEqual(['0:03.890', '0:05.990'])
    // Nudges of one edge are undone together.
    await page.keyboard.press('Control+z')
    await page.keyboard.press('Control+z')
    expect(await timesOf(page)).toEqual(['0:04.000', '0:05.900'])
    await page.keyboard.press('Control+Shift+Z')
    expect(await start(page)).toBe('0:03.890')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('i')
    expect(await start(page)).toBe('0:05.000')
    await page.fill('#time-start', '4.25')
    await page.press('#time-start', 'Enter')
    expect(await start(page)).toBe('0:04.250')
    expectNoProblems(opened)
  })

  test('a region is dragged in the waveform, by its edge and as a whole', async () => {
    const opened = await openSong()
    const { page } = opened
    await page.click('.line >> nth=1')
    const region = page.locator('[part~="region"][title="Second line?"]')
    const box = (await region.boundingBox())!
    const middle = box.y + box.height / 2
    await page.mouse.move(box.x + 1, middle)
    await page.mouse.down()
    await page.mouse.move(box.x - 49, middle, { steps: 5 })
    await page.mouse.up()
    // 100 pixels are a second.
    await expect.poll(() => start(page)).toMatch(/^0:03\.(49|50|51)/)
    await page.mouse.move(box.x + 60, middle)
    await page.mouse.down()
    await page.mouse.move(box.x + 90, middle, { steps: 5 })
    await page.mouse.up()
    await expect.poll(() => start(page)).toMatch(/^0:03\.(79|80|81)/)
    await page.keyboard.press('Control+z')
    await page.keyboard.press('Control+z')
    expect(await start(page)).toBe('0:04.000')
    const back = (await region.boundingBox())!
    expect(Math.abs(back.x - box.x)).toBeLessThan(2)
    expectNoProblems(opened)
  })

  test('words are chosen and timed, and lines tapped along', async () => {
    const opened = await openSong()
    const { page } = opened
    await page.click('.line >> nth=0')
    await page.keyboard.press('m')
    await page.keyboard.press('ArrowRight')
    expect(await page.textContent('.chip.chosen')).toBe('line')
    const [before] = await timesOf(page)
    await page.keyboard.press('w')
    expect(Number((await start(page)).slice(2)) - Number(before.slice(2))).toBeCloseTo(0.01, 5)
    await page.keyboard.press('Escape')
    await page.click('.line >> nth=0')
    await page.keyboard.press('t')
    await expect
      .poll(() => page.evaluate<string>('document.querySelector(".now").textContent'))
      .not.toMatch(/^0:00\.0/)
    await page.keyboard.press('t')
    expect(await chosen(page)).toContain('Second line')
    await page.keyboard.press('t')
    expect(await chosen(page)).toContain('Third line')
    await page.keyboard.press('Escape')
    await page.keyboard.press(' ')
    const [first, second] = await page.locator('.line-time').allTextContents()
    expect(Number(second!.slice(2))).toBeLessThan(4)
    expect(first! <= second!).toBe(true)
    expect(await page.locator('.line.confirmed').count()).toBe(2)
    expectNoProblems(opened)
  })

  test('lines are edited, inserted, split, joined, deleted, marked as not sung, and put where they are sung', async () => {
    const opened = await openSong()
    const { page } = opened
    const texts = () => page.locator('.line-text').allTextContents()
    await page.click('.line >> nth=0')
    await page.keyboard.press('m')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('k')
    expect((await texts()).slice(0, 2)).toEqual(['First', 'line here'])
    await page.keyboard.press('j')
    expect((await texts())[0]).toBe('First line here')
    await page.keyboard.press('Escape')
    await page.keyboard.press('b')
    await page.waitForSelector('#line-text:focus')
    await page.keyboard.type('Put in!')
    await page.keyboard.press('Enter')
    await expect.poll(async () => (await texts())[1]).toBe('Put in!')
    await page.keyboard.press('Delete')
    expect((await texts()).length).toBe(LYRICS.length)
    await page.click('.line >> nth=5')
    await page.keyboard.press('u')
    await page.waitForSelector('.line.unsung >> text=Sixth')
    await page.keyboard.press('d')
    await page.waitForSelector('.line.confirmed >> text=Sixth')
    // The same line once more.
    await page.click('.line >> nth=0')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('d')
    expect(await page.textContent('.line >> nth=0 >> .line-times')).toBe('×2')
    await page.selectOption('#layout', 'sung')
    expect((await texts()).filter((text) => text === 'First line here').length).toBe(2)
    expectNoProblems(opened)
  })

  test('everything after the cursor is shifted', async () => {
    const opened = await openSong()
    const { page } = opened
    await page.click('.line >> nth=4')
    await page.keyboard.press('g')
    await page.fill('#shift-by', '250')
    await page.click('dialog label:nth-of-type(2)')
    await page.click('dialog button[type=submit]')
    expect(await start(page)).toBe('0:13.250')
    await page.click('.line >> nth=0')
    expect(await start(page)).toBe('0:01.000')
    expectNoProblems(opened)
  })

  test('every format is exported as the service answers it, named after the song; the project opens again', async () => {
    const opened = await openSong()
    const { page, url } = opened
    const form = { audio: new Blob([sound.bytes as Uint8Array<ArrayBuffer>]), lyrics_text: LYRICS.join('\n') }
    await page.keyboard.press('x')
    for (const format of Object.keys(formats) as Format[]) {
      const answer = await read(await postForm(url, { ...form, format }))
      await page.click(`.choice:has(input[value="${format}"])`)
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')])
      const got = readFileSync(await download.path(), 'utf8')
      expect(download.suggestedFilename()).toMatch(/^My song\./)
      if (format === 'lrc') expect(got).toBe(`${answer.lrc_content}\n`)
      else if (format === 'json') expect(JSON.parse(got).lines).toEqual(answer.json_data)
      else expect(got).toBe(answer.files[format])
    }
    await page.click('#copy')
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(await page.inputValue('#preview'))
    const [saved] = await Promise.all([page.waitForEvent('download'), page.click('#save-project')])
    expect(saved.suggestedFilename()).toBe('My song.sow-align.json')
    const project = { name: saved.suggestedFilename(), bytes: readFileSync(await saved.path()) }
    const other = await openPage(browser, url)
    await drop(other.page, [project, sound])
    await other.page.waitForSelector('.waveform.ready')
    expect(await other.page.locator('.line').count()).toBe(LYRICS.length)
    expect(await other.page.inputValue('input.title')).toBe('My song')
    expectNoProblems(opened)
    expectNoProblems(other)
  })

  test('after a reload it goes on where it was', async () => {
    const opened = await openSong()
    const { page } = opened
    await page.click('.line >> nth=1')
    await page.keyboard.press('Shift+W')
    await page.keyboard.press('Enter')
    // The browser keeps it a moment later, and asks no question when it has.
    await page.waitForTimeout(1000)
    await page.reload()
    await page.waitForSelector('.waveform.ready')
    await page.click('.line >> nth=1')
    expect(await start(page)).toBe('0:04.100')
    expect(await page.locator('.line.confirmed').count()).toBe(1)
    expectNoProblems(opened)
  })

  test('a song is mended with the keyboard alone', async () => {
    const opened = await openSong()
    const { page } = opened
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    expect(await chosen(page)).toContain('Second line')
    await page.keyboard.press('e')
    await page.waitForSelector('#line-text:focus')
    await page.keyboard.type('?')
    await page.keyboard.press('Enter')
    await expect.poll(() => chosen(page)).toBe('Second line??')
    for (const key of ['n', 'Enter', 'Enter', 'Enter']) await page.keyboard.press(key)
    expect(await left(page)).toBe('Nothing left to look at')
    await page.keyboard.press('?')
    await page.waitForSelector('dialog.keys')
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog.keys', { state: 'detached' })
    await page.keyboard.press('f')
    await page.waitForSelector('dialog.karaoke')
    await page.keyboard.press('Escape')
    // The focus is back at the lines.
    expect(await page.evaluate('document.activeElement.className')).toBe('lines')
    expectNoProblems(opened)
  })

  test.each([
    ['a desktop', { width: 1280, height: 800 }, 'light'],
    ['a desktop in the dark', { width: 1280, height: 800 }, 'dark'],
    ['a small phone', { width: 320, height: 640 }, 'light'],
  ] as const)('nothing is inaccessible in any state, on %s', async (_, size, colorScheme) => {
    const { url } = await serve(align)
    const opened = await openPage(browser, url, size)
    const { page } = opened
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    expect(await violationsOf(page)).toEqual([])
    await drop(page, [sound, words])
    await page.waitForSelector('.file-name')
    expect(await violationsOf(page)).toEqual([])
    await page.click('#align')
    await page.waitForSelector('.waveform.ready')
    expect(await violationsOf(page)).toEqual([])
    await page.keyboard.press('n')
    await page.keyboard.press(' ')
    await page.keyboard.press('m')
    expect(await violationsOf(page)).toEqual([])
    await page.keyboard.press('Escape')
    for (const key of ['?', 'g', 'x', 'f']) {
      await page.keyboard.press(key)
      await page.waitForSelector('dialog[open]')
      expect(await violationsOf(page)).toEqual([])
      await page.keyboard.press('Escape')
      await page.waitForSelector('dialog[open]', { state: 'detached' })
    }
    const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect(wider).toBeLessThanOrEqual(0)
    expectNoProblems(opened)
  })
})
