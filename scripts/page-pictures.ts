/** Draws docs/page.png and docs/page-phone.png: the built service in Chromium, at a spoken psalm. `npm run docs:page` */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { drop, launch, openPage } from '../test/page/open-page.ts'

const PORT = 8765
const URL_OF_SERVICE = `http://127.0.0.1:${PORT}/`
const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))

async function started(): Promise<ChildProcess> {
  const service = spawn('node', [at('dist/src/serve.js')], {
    env: { ...process.env, SOW_QWEN3_PORT: String(PORT), SOW_QWEN3_LOG_LEVEL: 'error' },
    stdio: 'inherit',
  })
  for (let tries = 0; tries < 100; tries++) {
    const answer = await fetch(`${URL_OF_SERVICE}health`).catch(() => undefined)
    if (answer?.ok) return service
    await wait(200)
  }
  service.kill()
  throw new Error('Expected the built service to be ready within 20 s (npm run build makes it)')
}

const service = await started()
const browser = await launch()
try {
  const lyrics = readFileSync(at('test/fixtures/speech/psalm-en.txt'), 'utf8').trimEnd().split('\n')
  lyrics.splice(3, 0, 'A line that nobody says in this psalm')
  const files = [
    { name: 'Psalm 23.mp3', bytes: readFileSync(at('test/fixtures/speech/psalm-en.mp3')) },
    { name: 'Psalm 23.txt', bytes: Buffer.from(lyrics.join('\n')) },
  ]
  for (const [name, size, colorScheme] of [
    ['docs/page.png', { width: 1180, height: 720 }, 'light'],
    ['docs/page-phone.png', { width: 390, height: 780 }, 'dark'],
  ] as const) {
    const { page } = await openPage(browser, URL_OF_SERVICE, size)
    await page.emulateMedia({ colorScheme })
    await drop(page, files)
    await page.click('#align')
    await page.waitForSelector('.waveform.ready')
    await page.click('.line >> nth=2')
    await page.keyboard.press(' ')
    await wait(1400)
    await page.keyboard.press(' ')
    await wait(800)
    await page.screenshot({ path: at(name) })
  }
} finally {
  await browser.close()
  service.kill()
}
