import { deepStrictEqual } from 'node:assert'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { Alignment, PerformedLine } from '../../src/types.ts'

const executablePath = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find((path) => existsSync(path))

/** Why no browser can be started; undefined where one can. Playwright needs Node; the service is tested on both. */
export const noBrowser =
  'Bun' in globalThis ? 'Playwright runs on Node' : executablePath ? undefined : 'no chromium in PATH'

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath!,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--mute-audio',
      '--autoplay-policy=no-user-gesture-required',
    ],
  })
}

export type Opened = { page: Page; context: BrowserContext; problems: string[] }

/** A page of its own, which notes what goes wrong in it, and what it asks of anyone but the service. */
export async function openPage(
  browser: Browser,
  url: string,
  size = { width: 1280, height: 800 },
  locale = 'en-US',
): Promise<Opened> {
  const context = await browser.newContext({ viewport: size, locale, acceptDownloads: true })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(?:blob|data):/.test(request.url())) problems.push(request.url())
  })
  await page.goto(url)
  await page.waitForSelector('#lyrics')
  return { page, context, problems }
}

export type Dropped = { name: string; bytes: Uint8Array }

/** Drops files on the page, as from a folder. */
export async function drop(page: Page, files: readonly Dropped[]): Promise<void> {
  const given = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') }))
  await page.evaluate(`(() => {
    const transfer = new DataTransfer()
    for (const { name, base64 } of ${JSON.stringify(given)}) {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
      transfer.items.add(new File([bytes], name))
    }
    const send = (type) => document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }))
    send('dragover')
    send('drop')
  })()`)
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What is not accessible in the present state of the page; nothing is what is wanted. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html.slice(0, 160) + ' ' + failureSummary.slice(0, 200)).join(' | ')))`)
}

/** A tone with a pulse, as WAV of one channel. */
export function tone(seconds: number, rate = 8000): Uint8Array {
  const bytes = Buffer.alloc(44 + 2 * seconds * rate)
  bytes.write('RIFF', 0)
  bytes.writeUInt32LE(36 + 2 * seconds * rate, 4)
  bytes.write('WAVEfmt ', 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(rate, 24)
  bytes.writeUInt32LE(2 * rate, 28)
  bytes.writeUInt16LE(2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36)
  bytes.writeUInt32LE(2 * seconds * rate, 40)
  for (let i = 0; i < seconds * rate; i++) {
    const loud = 0.2 + 0.6 * Math.abs(Math.sin((Math.PI * i) / rate / 1.5))
    bytes.writeInt16LE(Math.round(20_000 * loud * Math.sin((2 * Math.PI * 220 * i) / rate)), 44 + 2 * i)
  }
  return bytes
}

/**
 * The alignment that a made service gives to lyrics: a line every `step` seconds from the first second on, three words a
 * second. Lines with a ? are suspect, the more of them the more doubtful; lines with a ! are not sung.
 */
export function madeAlignment(lyrics: string, duration: number, step = 3): Alignment {
  // Forms make \r\n of line ends.
  const texts = lyrics.split(/\r?\n/)
  const performance = texts.flatMap((text, line): PerformedLine[] => {
    if (text.trim() === '' || text.includes('!') || text.startsWith('[')) return []
    const start = 1 + line * step
    const words = text.split(' ')
    const units = words.map((word, i) => ({
      text: word,
      start: start + (i * (step - 1)) / words.length,
      end: start + ((i + 0.9) * (step - 1)) / words.length,
      confidence: 0.9,
    }))
    const doubts = text.split('?').length - 1
    const isSuspect = doubts > 0
    return [
      {
        line,
        start,
        end: units.at(-1)!.end,
        units,
        status: isSuspect ? 'suspect' : 'aligned',
        confidence: isSuspect ? 0.5 - doubts / 10 : 0.9,
        ...(isSuspect && {
          doubt: { code: 'not_heard', message: 'The sound fits the line no better than chance' },
        }),
      },
    ]
  })
  const lines: Alignment['lines'] = texts.map((text, index) => {
    const sung = performance.find(({ line }) => line === index)
    if (sung) {
      const { line: _, ...rest } = sung
      const { start, end, confidence, units } = rest
      return { ...rest, text, occurrences: [{ start, end, confidence, units }] }
    }
    const at = 1 + index * step
    const status = text.trim() === '' ? 'blank' : text.startsWith('[') ? 'marker' : 'unsung'
    const confidence = status === 'unsung' ? 0 : null
    return { start: at, end: at, text, status, confidence, units: [], occurrences: [] }
  })
  const aligned = lines.filter(({ status }) => status === 'aligned').length
  const toSing = lines.filter(({ status }) => status !== 'blank' && status !== 'marker').length
  return {
    duration,
    language: 'en',
    model: { name: 'made', version: '1', engine: 'ctc' },
    lines,
    performance,
    extra: [],
    verdict: {
      level: aligned === toSing ? 'good' : 'mixed',
      sungLines: toSing,
      alignedLines: aligned,
      confidence: 0.8,
      covered: 0.9,
      sung: 0.9,
      reasons: aligned === toSing ? [] : ['Some lines are suspect'],
    },
  }
}

/** Where a singing stands, as the page shows it: start and end of the chosen line, as text. */
export async function timesOf(page: Page): Promise<[string, string]> {
  return [await page.inputValue('#time-start'), await page.inputValue('#time-end')]
}

export function expectNoProblems({ problems }: Opened): void {
  deepStrictEqual(problems, [])
}
