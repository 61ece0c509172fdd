import type { Answer } from './song.ts'

const thousandths = (seconds: number) => Math.round(seconds * 1000) / 1000

/** An answer of the service: six lines, of which one is a marker, one suspect, one sung twice and one not at all. */
export function answered(): Answer {
  const words = (text: string, start: number, end: number) => {
    const all = text.split(' ')
    const each = (end - start) / all.length
    return all.map((word, i) => ({
      text: word,
      start_time: thousandths(start + i * each),
      end_time: thousandths(start + (i + 0.75) * each),
      confidence: 0.9,
    }))
  }
  const sung = (line: number, text: string, start: number, end: number) => ({
    line,
    start_time: start,
    end_time: end,
    status: 'aligned' as const,
    confidence: 0.9,
    words: words(text, start, end),
  })
  const doubt = { code: 'not_heard' as const, message: 'The sound fits the line no better than chance' }
  const performance = [
    sung(0, 'One two three', 1, 3),
    { ...sung(1, 'Four five', 3, 5), status: 'suspect' as const, confidence: 0.3, doubt },
    sung(3, 'Six seven eight', 8, 10),
    { ...sung(4, 'Nine ten', 11, 12), status: 'suspect' as const, confidence: 0.2, doubt },
    sung(3, 'Six seven eight', 15, 17),
  ]
  const texts = ['One two three', 'Four five', '[Chorus]', 'Six seven eight', 'Nine ten', 'Never heard']
  const json_data = texts.map((text, index) => {
    const occurrences = performance
      .filter(({ line }) => line === index)
      .map(({ start_time, end_time, confidence, words: each }) => ({
        start_time,
        end_time,
        confidence,
        words: each,
      }))
    const main = performance.find(({ line }) => line === index)
    if (main) {
      const { line: _, ...rest } = main
      return { ...rest, text, occurrences }
    }
    const status = text.startsWith('[') ? ('marker' as const) : ('unsung' as const)
    return {
      text,
      status,
      start_time: status === 'marker' ? 8 : 12,
      end_time: status === 'marker' ? 8 : 12,
      confidence: status === 'marker' ? null : 0,
      words: [],
      occurrences,
    }
  })
  return {
    json_data,
    performance,
    duration_seconds: 30,
    language: 'en',
    model: { name: 'made', version: '1', engine: 'ctc' },
    verdict: {
      level: 'mixed',
      sung_lines: 5,
      aligned_lines: 2,
      confidence: 0.6,
      covered: 0.8,
      sung: 0.7,
      reasons: ['Look'],
    },
    extra: [{ start_time: 20, end_time: 23 }],
  }
}
