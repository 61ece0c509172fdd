import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AlignedLine, Alignment, LineStatus } from '../types.ts'
import { toEnhancedLrc } from './enhanced-lrc.ts'
import { FORMAT_FILES, FORMATS, formatOfFile } from './files.ts'
import { formatAlignment, formats, isFormat } from './format.ts'
import { toJson } from './json.ts'
import { toLrc } from './lrc.ts'
import { toSrt } from './srt.ts'
import { toVtt } from './vtt.ts'

const SUNG: LineStatus[] = ['aligned', 'suspect', 'interpolated']

function alignmentOf(lines: AlignedLine[], level: 'good' | 'mixed' = 'good'): Alignment {
  return {
    duration: Math.max(0, ...lines.map((line) => line.end)),
    language: 'en',
    model: { name: 'test', version: '1', engine: 'ctc' },
    lines,
    performance: [],
    extra: [],
    verdict: {
      covered: null,
      sung: 1,
      level,
      sungLines: lines.length,
      alignedLines: 0,
      confidence: 0.5,
      reasons: ['a --> b & <c>'],
    },
  }
}

function line(text: string, start: number, end: number, more: Partial<AlignedLine> = {}): AlignedLine {
  return { text, start, end, status: 'aligned', confidence: 0.9, units: [], occurrences: [], ...more }
}

const blank = (start: number) => line('', start, start, { status: 'blank', confidence: null })

/** Any lyrics at all, with starts that never decrease and several at the same time. */
const anyAlignment = fc
  .array(
    fc.record({
      text: fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(
          '',
          ' ',
          'a\r\nb',
          '1',
          '-->',
          '00:00:01,000 --> 00:00:02,000',
          '[00:12.34]x',
          '[00:[00:01]02]y',
          '<b>',
        ),
      ),
      step: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 4000, noNaN: true })),
      length: fc.double({ min: 0, max: 20, noNaN: true }),
      status: fc.constantFrom<LineStatus>(...SUNG, 'marker', 'blank'),
    }),
    { maxLength: 30 },
  )
  .map((steps) => {
    let start = 0
    return alignmentOf(
      steps.map(({ text, step, length, status }) => {
        start += step
        return line(text, start, start + length, { status })
      }),
    )
  })

describe('lrc', () => {
  test('a time is rounded once, with carry into the minute', () => {
    expect(toLrc(alignmentOf([line('a', 59.996, 61)]))).toBe('[01:00.00]a')
    expect(toLrc(alignmentOf([line('a', 59.994, 61)]))).toBe('[00:59.99]a')
    expect(toLrc(alignmentOf([line('a', 6_000, 6_001)]))).toBe('[100:00.00]a')
  })

  test('every line of the lyrics is one timed line: blank ones a bare time, markers with their text', () => {
    const marker = line('[Verse 1]', 1, 1, { status: 'marker', confidence: null })
    expect(toLrc(alignmentOf([marker, line('Hello', 1, 2), blank(3), line('again', 3, 4)]))).toBe(
      '[00:01.00][Verse 1]\n[00:01.00]Hello\n[00:03.00]\n[00:03.00]again',
    )
  })

  test('time tags already in the lyrics are not taken over', () => {
    expect(toLrc(alignmentOf([line('[00:09.99]<00:10.00>Hello <01:02>you', 1, 2)]))).toBe(
      '[00:01.00]Hello you',
    )
  })

  test('an offset in the lyrics, or a part of one, is not written beside the new times', () => {
    const header = (text: string) => line(text, 1, 1, { status: 'marker', confidence: null })
    const texts = ['[offset:+500]', ' [ OFFSET : -250 ]', '[[00:01]offset:500]', '[off[00:01]set:500]']
    for (const format of [toLrc, toEnhancedLrc])
      for (const compressed of [false, true])
        for (const text of texts) {
          const written = format(alignmentOf([header(text), line('a', 1, 2)]), { compressed })
          expect(written).not.toMatch(/offset/i)
          expect(written.split('\n')).toHaveLength(2)
        }
  })

  test('names of parts are written as they stand, with round brackets, or not at all', () => {
    const song = alignmentOf([line('[Verse 1]', 1, 1, { status: 'marker' }), line('[Hey] you', 1, 2)])
    for (const format of [toLrc, toEnhancedLrc]) {
      expect(format(song)).toBe('[00:01.00][Verse 1]\n[00:01.00][Hey] you')
      expect(format(song, { markers: 'round' })).toBe('[00:01.00](Verse 1)\n[00:01.00][Hey] you')
      for (const markers of ['omit', false] as const)
        expect(format(song, { markers })).toBe('[00:01.00][Hey] you')
    }
  })

  test('what is written reads back: as many lines, the same centiseconds, never decreasing', () => {
    fc.assert(
      fc.property(anyAlignment, (alignment) => {
        if (alignment.lines.length === 0) return
        const parsed = toLrc(alignment).split('\n').map(parseLrcLine)
        expect(parsed.map(({ time }) => time)).toEqual(
          alignment.lines.map(({ start }) => Math.round(start * 100)),
        )
        expect(parsed.every(({ text }) => parseTimes(text).length === 0)).toBe(true)
      }),
    )
  })
})

describe('enhanced lrc', () => {
  const units = [
    { text: 'Amazing', start: 12.004, end: 12.5, confidence: 1 },
    { text: 'grace,', start: 12.8, end: 13.496, confidence: 1 },
  ]

  test('every word has its time, and the last one its end', () => {
    expect(toEnhancedLrc(alignmentOf([line('  Amazing   grace, ♪', 12, 14, { units }), blank(15)]))).toBe(
      '[00:12.00]  <00:12.00>Amazing   <00:12.80>grace, ♪<00:13.50>\n[00:15.00]',
    )
  })

  test('chinese characters have their times without spaces between them', () => {
    const characters = [...'奇異'].map((text, i) => ({ text, start: i, end: i + 1, confidence: 1 }))
    expect(toEnhancedLrc(alignmentOf([line('奇異', 0, 2, { units: characters })]))).toBe(
      '[00:00.00]<00:00.00>奇<00:01.00>異<00:02.00>',
    )
  })

  test('angle brackets of the text do not run into those of times', () => {
    const not = [{ text: 'not>', start: 12.71, end: 13, confidence: 1 }]
    expect(toEnhancedLrc(alignmentOf([line('<not>', 12.71, 13, { units: not })]))).toBe(
      '[00:12.71]‹<00:12.71>not›<00:13.00>',
    )
    expect(toEnhancedLrc(alignmentOf([line('a <b>', 1, 2)]))).toBe('[00:01.00]a ‹b›')
  })

  test('words that are not in the line letter for letter are written in its place', () => {
    const composed = [{ text: 'é', start: 1, end: 2, confidence: 1 }]
    expect(toEnhancedLrc(alignmentOf([line('e\u0301', 1, 2, { units: composed })]))).toBe(
      '[00:01.00]<00:01.00>é <00:02.00>',
    )
  })
})

describe('srt and vtt', () => {
  test('only sung lines are shown, until the next one starts', () => {
    const alignment = alignmentOf([line('One', 1, 3), blank(2), line('Two', 2, 4)])
    expect(toSrt(alignment)).toBe(
      '1\n00:00:01,000 --> 00:00:02,000\nOne\n\n2\n00:00:02,000 --> 00:00:04,000\nTwo\n',
    )
  })

  test('a short line stays for half a second where there is room', () => {
    expect(toSrt(alignmentOf([line('Oh', 1, 1.1), line('later', 9, 10)]))).toContain(
      '00:00:01,000 --> 00:00:01,500',
    )
  })

  test('what players take for markup is shown in srt all the same', () => {
    expect(toSrt(alignmentOf([line('<text> {\\b1}a --> \\N{x}', 1, 3)]))).toContain(
      '\n‹text› (/b1)a → /N(x)\n',
    )
  })

  test('names of parts are shown above the next sung line where they are asked for, and take no time', () => {
    const song = alignmentOf([
      line('[Verse <1>]', 1, 1, { status: 'marker' }),
      line('[soft]', 1, 1, { status: 'marker' }),
      line('One', 1, 3),
      line('[End]', 3, 3, { status: 'marker' }),
    ])
    expect(toSrt(song)).toBe('1\n00:00:01,000 --> 00:00:03,000\nOne\n')
    expect(toSrt(song, { markers: 'keep' })).toBe(
      '1\n00:00:01,000 --> 00:00:03,000\n[Verse ‹1›]\n[soft]\nOne\n',
    )
    expect(toVtt(song, { markers: 'round' })).toContain('(Verse &lt;1&gt;)\n(soft)\nOne\n')
  })

  test('vtt escapes markup and arrows, marks suspect lines and says why not to trust them', () => {
    const suspect = line('a & <b> -->', 3599.9996, 3605, { status: 'suspect' })
    expect(toVtt(alignmentOf([suspect], 'mixed'))).toBe(
      'WEBVTT\n\nNOTE\nmixed: 0 of 1 lines can be trusted.\na --&gt; b &amp; &lt;c&gt;\n\n' +
        '01:00:00.000 --> 01:00:05.000\n<c.suspect>a &amp; &lt;b&gt; --&gt;</c>\n',
    )
  })

  test('cues follow each other, never overlap, and no text can break them', () => {
    fc.assert(
      fc.property(anyAlignment, fc.constantFrom(toSrt, toVtt), (alignment, format) => {
        const blocks = format(alignment)
          .split('\n\n')
          .filter((block) => block.includes(' --> '))
        const shown = alignment.lines.filter(
          ({ status, text }) => SUNG.includes(status) && visible(text) !== '',
        )
        expect(blocks).toHaveLength(shown.length)
        const times = blocks.map(cueTimes)
        times.forEach(([start, end], i) => {
          expect(end).toBeGreaterThan(start)
          expect(start).toBeGreaterThanOrEqual(times[i - 1]?.[1] ?? 0)
        })
      }),
    )
  })
})

describe('layout', () => {
  const units = (start: number) => [{ text: 'One', start, end: start + 1, confidence: 1 }]
  const occurrence = (start: number) => ({ start, end: start + 1, confidence: 0.9, units: units(start) })
  // The second block is sung first, its line twice; one line is not sung.
  const song: Alignment = {
    ...alignmentOf([
      line('[Verse]', 20, 20, { status: 'marker', confidence: null }),
      line('Later', 20, 21, { occurrences: [occurrence(20)] }),
      line('Never', 21, 21, { status: 'unsung', confidence: 0 }),
      line('One', 5, 6, { occurrences: [occurrence(5), occurrence(9)] }),
    ]),
    performance: [
      { line: 3, status: 'aligned', ...occurrence(5) },
      { line: 3, status: 'suspect', ...occurrence(9) },
      { line: 1, status: 'aligned', ...occurrence(20) },
    ],
  }

  test('sung: every repeat in the order it is sung, without markers and lines that are not sung', () => {
    expect(formatAlignment(song, 'lrc', { layout: 'sung' })).toBe(
      '[00:05.00]One\n[00:09.00]One\n[00:20.00]Later\n',
    )
    expect(formatAlignment(song, 'srt', { layout: 'sung' }).match(/-->/g)).toHaveLength(3)
    expect(formatAlignment(song, 'enhanced-lrc', { layout: 'sung' })).toContain(
      '[00:09.00]<00:09.00>One<00:10.00>',
    )
  })

  test('written: lines keep their own times where these do not rise, and cues are in the order of time', () => {
    expect(formatAlignment(song, 'lrc')).toBe(
      '[00:20.00][Verse]\n[00:20.00]Later\n[00:21.00]Never\n[00:05.00]One\n',
    )
    const srt = formatAlignment(song, 'srt')
    expect(srt.indexOf('One')).toBeLessThan(srt.indexOf('Later'))
    expect(srt).not.toContain('Never')
  })

  test('compressed: all times of a line before it, once', () => {
    expect(formatAlignment(song, 'lrc', { compressed: true })).toContain('[00:05.00][00:09.00]One')
  })

  test('json: what is sung, with the line it is of, and why a line is doubtful', () => {
    const doubt = { code: 'squeezed', message: 'Too fast.' } as const
    const doubtful = {
      ...song,
      performance: [{ ...song.performance[1]!, doubt }],
      extra: [{ start: 1, end: 2.0004 }],
    }
    expect(toJson(doubtful)).toMatchObject({
      performance: [{ line: 3, start_time: 9, end_time: 10, status: 'suspect', doubt }],
      extra: [{ start_time: 1, end_time: 2 }],
    })
    expect(toJson(song, { layout: 'sung' }).lines.map(({ text }) => text)).toEqual(['One', 'One', 'Later'])
  })
})

describe('json', () => {
  test('seconds and confidence are rounded once, text is untouched', () => {
    const units = [{ text: 'a', start: 0.12345, end: 1.99996, confidence: 0.98765 }]
    const { lines, duration_seconds, verdict } = toJson(
      alignmentOf([line('a\u0000\n', 0.12345, 1.99996, { units })]),
    )
    expect(duration_seconds).toBe(2)
    expect(verdict.level).toBe('good')
    expect(lines).toEqual([
      {
        start_time: 0.123,
        end_time: 2,
        text: 'a\u0000\n',
        status: 'aligned',
        confidence: 0.9,
        words: [{ start_time: 0.123, end_time: 2, text: 'a', confidence: 0.988 }],
        occurrences: [],
      },
    ])
  })

  test('where Qwen3 runs, every line says which engine gave its time', () => {
    const timed = alignmentOf([line('a', 1, 2, { engine: 'qwen3' }), line('b', 2, 3, { engine: 'ctc' })])
    expect(toJson(timed).lines.map(({ engine }) => engine)).toEqual(['qwen3', 'ctc'])
    expect(toJson(alignmentOf([line('a', 1, 2)])).lines[0]).not.toHaveProperty('engine')
  })

  test('what is written as text parses to the same data', () => {
    const alignment = alignmentOf([line('"\\ \u2028', 1, 2)])
    expect(JSON.parse(formatAlignment(alignment, 'json'))).toEqual(toJson(alignment))
  })
})

test('formats are looked up by name, and files end with one line end', () => {
  expect(Object.keys(formats)).toEqual([...FORMATS])
  expect(Object.keys(FORMAT_FILES)).toEqual([...FORMATS])
  expect(isFormat('vtt')).toBe(true)
  expect(isFormat('toString')).toBe(false)
  for (const format of FORMATS) {
    expect(formatAlignment(alignmentOf([line('a', 0, 1)]), format)).toMatch(/[^\n]\n$/)
  }
})

describe('the ending of a name', () => {
  test.each(FORMATS.flatMap((format) => FORMAT_FILES[format].endings.map((ending) => [ending, format])))(
    '%s is %s, in upper and lower case',
    (ending, format) => {
      for (const name of [`song${ending}`, `My.Song${ending!.toUpperCase()}`, `/a.json/b${ending}`])
        expect(formatOfFile(name)).toBe(format)
    },
  )

  test.each(['song', 'song.txt', 'song.lrc.bak', 'lrc', 'song.', '', 'song.docx'])(
    '%j tells no format',
    (name) => {
      expect(formatOfFile(name)).toBeUndefined()
    },
  )

  test('no two formats share an ending', () => {
    const endings = FORMATS.flatMap((format) => FORMAT_FILES[format].endings)
    expect(new Set(endings.map((ending) => ending.toLowerCase())).size).toBe(endings.length)
  })
})

function parseLrcLine(text: string): { time: number; text: string } {
  const match = /^\[(\d{2,}):([0-5]\d)\.(\d\d)\](.*)$/u.exec(text)
  if (!match) throw new Error(`Expected a timed line, got ${JSON.stringify(text)}`)
  return { time: Number(match[1]) * 6000 + Number(match[2]) * 100 + Number(match[3]), text: match[4]! }
}

function parseTimes(text: string): string[] {
  return text.match(/\[\d+:\d+[.:]?\d*\]/g) ?? []
}

function cueTimes(block: string): [number, number] {
  const lines = block.split('\n').filter((each) => /^\d\d+:\d\d:\d\d[,.]\d{3} --> \d/.test(each))
  if (lines.length !== 1) throw new Error(`Expected one line of times, got ${JSON.stringify(block)}`)
  const [start, end] = lines[0]!.split(' --> ').map((time) => {
    const [hours, minutes, seconds] = time.replace(',', '.').split(':').map(Number)
    return Math.round((hours! * 3600 + minutes! * 60 + seconds!) * 1000)
  })
  return [start!, end!]
}

/** What is left of a text to be seen, told in another way than the code does it. */
function visible(text: string): string {
  const kept = [...text].filter((char) => !/\p{Cc}|\u2028|\u2029/u.test(char)).join('')
  return kept
    .replaceAll(/\[\d+:\d{1,2}([.:]\d{1,3})?\]/g, '')
    .replaceAll('[00:02]', '')
    .trim()
}

describe('what is written reads back, within the rounding of the format', () => {
  /** Times at which rounding carries are likely. */
  const time = fc.oneof(
    fc.double({ min: 0, max: 7200, noNaN: true }),
    fc
      .tuple(fc.integer({ min: 1, max: 120 }), fc.constantFrom(0.004, 0.005, 0.0004, 0.0005))
      .map(([m, less]) => 60 * m - less),
  )
  const word = fc.constantFrom('Amazing', 'grace,', '奇', '異', "don't", '(la)', 'é')
  const timedLine = fc.record({
    words: fc.array(word, { maxLength: 5 }),
    confidence: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  const song = fc.array(timedLine, { minLength: 1, maxLength: 8 }).chain((lines) => {
    const count = lines.reduce((sum, { words }) => sum + 2 + words.length, 0)
    return fc.array(time, { minLength: count, maxLength: count }).map((times) => {
      const sorted = times.sort((a, b) => a - b)[Symbol.iterator]()
      const next = () => sorted.next().value!
      return alignmentOf(
        lines.map(({ words, confidence }) => {
          const start = next()
          const starts = words.map(next)
          const end = next()
          const units = words.map((text, i) => ({
            text,
            start: starts[i]!,
            end: starts[i + 1] ?? end,
            confidence,
          }))
          const status = words.length === 0 ? 'blank' : 'aligned'
          return line(words.join(' '), starts[0] ?? start, end, {
            units,
            status,
            confidence: units.length > 0 ? confidence : null,
          })
        }),
      )
    })
  })
  const centiseconds = (text: string) =>
    [...text.matchAll(/[[<](\d{2,}):([0-5]\d)\.(\d\d)[\]>]/g)].map(
      ([, m, s, c]) => Number(m) * 6000 + Number(s) * 100 + Number(c),
    )

  test('enhanced lrc: every line, every word, the end of the last one', () => {
    fc.assert(
      fc.property(song, (alignment) => {
        const written = toEnhancedLrc(alignment).split('\n')
        expect(written).toHaveLength(alignment.lines.length)
        written.forEach((text, i) => {
          const { start, units, text: lyrics } = alignment.lines[i]!
          const exact = [start, ...units.map((unit) => unit.start), ...units.slice(-1).map(({ end }) => end)]
          expect(centiseconds(text)).toEqual(exact.map((seconds) => Math.round(seconds * 100)))
          expect(text.replaceAll(/[[<]\d+:\d\d\.\d\d[\]>]/g, '')).toBe(lyrics)
        })
      }),
    )
  })

  test('srt and vtt: the starts of what is shown, where the one before leaves room', () => {
    fc.assert(
      fc.property(song, (alignment) => {
        const shown = alignment.lines.filter(({ text }) => text !== '')
        for (const format of [toSrt, toVtt]) {
          const blocks = format(alignment)
            .split('\n\n')
            .filter((block) => block.includes(' --> '))
          expect(blocks).toHaveLength(shown.length)
          let free = 0
          blocks.forEach((block, i) => {
            const [start, end] = cueTimes(block)
            expect(start).toBe(Math.max(free, Math.round(shown[i]!.start * 1000)))
            expect(block.trimEnd().split('\n').at(-1)).toBe(shown[i]!.text)
            free = end
          })
        }
      }),
    )
  })

  test('json: every number within half a thousandth, every text as it is, in order', () => {
    fc.assert(
      fc.property(song, (alignment) => {
        const { lines, duration_seconds } = JSON.parse(formatAlignment(alignment, 'json')) as ReturnType<
          typeof toJson
        >
        const near = (written: number, exact: number) =>
          expect(Math.abs(written - exact)).toBeLessThanOrEqual(0.000501)
        near(duration_seconds, alignment.duration)
        expect(lines.map(({ text, status }) => [text, status])).toEqual(
          alignment.lines.map(({ text, status }) => [text, status]),
        )
        lines.forEach(({ start_time, end_time, words, confidence }, i) => {
          const exact = alignment.lines[i]!
          near(start_time, exact.start)
          near(end_time, exact.end)
          expect(confidence === null).toBe(exact.confidence === null)
          expect(words.map(({ text }) => text)).toEqual(exact.units.map(({ text }) => text))
          words.forEach((word, at) => {
            near(word.start_time, exact.units[at]!.start)
            near(word.end_time, exact.units[at]!.end)
            near(word.confidence, exact.units[at]!.confidence)
          })
        })
      }),
    )
  })
})
