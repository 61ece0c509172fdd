import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serve, stopAll } from '../http-service.ts'
import { drop, launch, madeAlignment, noBrowser, openPage, tone } from './open-page.ts'

const LINES = 200
const SECONDS = 600
/** Seconds that are listened to. */
const HEARD = 8

describe.skipIf(noBrowser)(`a long song${noBrowser ? ` (skipped: ${noBrowser})` : ''}`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await stopAll()
  })

  test('ten minutes with 200 lines play and scroll; what held up the page is printed', async () => {
    const { url } = await serve(async (_source, lyrics) => madeAlignment(lyrics, SECONDS, 2.9))
    const { page, problems } = await openPage(browser, url)
    const lyrics = Array.from({ length: LINES }, (_, i) => `Line ${i + 1} of a song that is long`).join('\n')
    await drop(page, [
      { name: 'long.wav', bytes: tone(SECONDS, 8000) },
      { name: 'long.txt', bytes: new TextEncoder().encode(lyrics) },
    ])
    await page.click('#align')
    await page.waitForSelector('.waveform.ready')
    await page.waitForTimeout(1500)
    await page.evaluate(`(() => {
      window.tasks = []
      window.frames = 0
      new PerformanceObserver((list) => { for (const each of list.getEntries()) window.tasks.push(Math.round(each.duration)) }).observe({ entryTypes: ['longtask'] })
      const count = () => { window.frames++; requestAnimationFrame(count) }
      requestAnimationFrame(count)
    })()`)
    await page.keyboard.press(' ')
    await page.waitForTimeout(HEARD * 1000)
    const { tasks, frames, time } = await page.evaluate<{ tasks: number[]; frames: number; time: string }>(
      '({ tasks: window.tasks, frames: window.frames, time: document.querySelector(".now").textContent })',
    )
    console.log(
      `${(frames / HEARD).toFixed(0)} frames a second; tasks over 50 ms: ${tasks.join(', ') || 'none'}`,
    )
    // A busy machine makes tasks long: the figures are printed, and what is held is that it plays and lights its lines.
    expect(Number(/^0:(\d+)/.exec(time)![1])).toBeGreaterThan(1)
    expect(await page.locator('.line').count()).toBe(LINES)
    expect(await page.locator('.line[aria-current]').count()).toBe(1)
    expect(problems).toEqual([])
  })
})
