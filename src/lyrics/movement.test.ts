import { describe, expect, test } from 'vitest'
import { movementOf } from './movement.ts'
import { parseLyrics } from './parse.ts'

const repeats = (text: string) => movementOf(parseLyrics(text)).repeats
const SONG =
  '[Verse 1]\nIn the morning\nwhen I rise\n\n[Chorus]\nGive me Jesus\nonly Jesus\n\n[Verse 2]\nDark midnight\nwas my cry\n\n'

describe('what the text says of repeats', () => {
  test.each(['[Chorus]', '副歌', '{chorus}', 'Refrain', 'Repeat Chorus'])(
    '%s without text is the chorus above',
    (marker) => {
      expect(repeats(`${SONG}${marker}\n`)).toEqual([
        { after: 10, to: 5 },
        { after: 6, to: 13 },
      ])
    },
  )

  test('what is sung behind it follows the chorus', () => {
    expect(repeats(`${SONG}[Chorus]\n\n[Bridge]\nOh when I come\nto die`)).toEqual([
      { after: 10, to: 5 },
      { after: 6, to: 15 },
    ])
  })

  test('a part with text below it is that text, and says nothing of the one above', () => {
    expect(repeats(`${SONG}[Chorus]\nGive me Jesus\nonly Jesus`)).toEqual([])
  })

  test('a number of times in the name of a part repeats the part', () => {
    expect(repeats('[Chorus x2]\nGive me Jesus\nonly Jesus\n\nDark midnight')).toEqual([{ after: 2, to: 1 }])
  })

  test('a number of times alone repeats the lines above', () => {
    expect(repeats('Give me Jesus\nonly Jesus\n(x2)\n\nDark midnight')).toEqual([{ after: 1, to: 0 }])
  })

  test('a number of times behind a line repeats the line, or all lines above it', () => {
    expect(repeats('Give me Jesus\nonly Jesus (x3)')).toEqual([
      { after: 1, to: 1 },
      { after: 1, to: 0 },
    ])
  })

  test('a text without hints says nothing', () => {
    expect(repeats(SONG)).toEqual([])
  })
})

test('sections begin behind blank lines and markers, and where lines that the text has twice begin and end', () => {
  const { sections } = movementOf(
    parseLyrics('one\ntwo\n\nthree\nfour\nchorus here\nagain here\nfive\nsix\nchorus here\nagain here'),
  )
  expect([...sections]).toEqual([0, 3, 5, 7, 9])
})
