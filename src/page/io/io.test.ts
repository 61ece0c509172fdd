import { describe, expect, test } from 'vitest'
import { COMMANDS, commandOf, nameOf } from '../desk/keys.ts'
import { clock, exactClock, secondsOf } from '../view/clock.ts'
import { en } from '../words/en.ts'
import { languageFor, WORDS } from '../words/words.ts'
import { fileName } from './download.ts'
import { decodeText, kindOf, pairsOf } from './files.ts'
import { outline, wavOf } from './sound.ts'
import { zipOf } from './zip.ts'

const file = (name: string, type = '') => new File(['x'], name, { type })

describe('files that are dropped', () => {
  test('are told apart by name or type', () => {
    expect(['a.MP3', 'a.lrc', 'a.m4a', 'a.pdf'].map((name) => kindOf(file(name)))).toEqual([
      'sound',
      'text',
      'sound',
      'other',
    ])
    expect(kindOf(file('noname', 'audio/mpeg'))).toBe('sound')
  })

  test('are paired in any order: by name, and the one that is left', () => {
    const dropped = ['b.txt', 'x/b.mp3', 'My_Song.flac', 'my song.lrc', 'c.wav', 'words.txt', 'odd.pdf'].map(
      (name) => file(name),
    )
    const { pairs, others } = pairsOf(dropped)
    expect(pairs.map(({ sound, text }) => [sound?.name, text?.name])).toEqual([
      ['x/b.mp3', 'b.txt'],
      ['My_Song.flac', 'my song.lrc'],
      ['c.wav', 'words.txt'],
    ])
    expect(others.map(({ name }) => name)).toEqual(['odd.pdf'])
  })

  test('lyrics in encodings of East Asia are read', () => {
    // UTF-16 with its mark, UTF-8, GB 18030.
    expect(decodeText(new Uint8Array([0xff, 0xfe, 0x60, 0x79]), 'a')).toBe('\u7960')
    expect(decodeText(new TextEncoder().encode('é\r\nb'), 'a')).toBe('é\nb')
    expect(decodeText(new Uint8Array([0xc4, 0xe3, 0xba, 0xc3]), 'a')).toBe('你好')
  })

  test('give names that every system takes', () => {
    expect([fileName('AC/DC: "Live?"'), fileName('..'), fileName('奇異恩典')]).toEqual([
      'ACDC Live',
      'song',
      '奇異恩典',
    ])
  })
})

describe('sound', () => {
  test('the outline has the largest and the least sample of every stretch', () => {
    const values = outline(new Float32Array([0, 0.5, -0.25, 0, 0.125]), 3)
    expect([...values]).toEqual([0.5, -0.25, 0.125, 0])
  })

  test('a WAV has its channels averaged', () => {
    const view = new DataView(wavOf([new Float32Array([1, 0]), new Float32Array([0, -1])], 16_000))
    expect(view.byteLength).toBe(48)
    expect(view.getUint32(24, true)).toBe(16_000)
    expect([view.getInt16(44, true), view.getInt16(46, true)]).toEqual([16_384, -16_383])
  })

  test('a zip keeps files of one name apart', () => {
    expect(
      zipOf([
        ['a.lrc', '1'],
        ['a.lrc', '2'],
      ]).length,
    ).toBeGreaterThan(100)
  })
})

describe('keys', () => {
  const press = (key: string, more: Partial<KeyboardEvent> = {}) => ({
    key,
    ctrlKey: false,
    metaKey: false,
    shiftKey: false,
    altKey: false,
    ...more,
  })

  test('name commands, with Ctrl or Command, Shift and signs', () => {
    expect(commandOf(press(' '))).toBe('play')
    expect(commandOf(press('z', { metaKey: true }))).toBe('undo')
    expect(commandOf(press('Z', { ctrlKey: true, shiftKey: true }))).toBe('redo')
    expect(commandOf(press('?', { shiftKey: true }))).toBe('keys')
    expect(commandOf(press('Q', { shiftKey: true }))).toBe('startMuchEarlier')
    expect(commandOf(press('n', { altKey: true }))).toBeUndefined()
    expect(nameOf(press('ArrowUp', { shiftKey: true }))).toBe('Shift+ArrowUp')
  })

  test('no two commands have one key, and each is explained', () => {
    const keys = Object.values(COMMANDS).flatMap((each) => [...each.keys] as string[])
    expect(new Set(keys).size).toBe(keys.length)
    for (const command of Object.keys(COMMANDS)) expect(en).toHaveProperty(`do_${command}`)
  })
})

test('times are shown and read', () => {
  expect([clock(59.96), clock(3725.5), exactClock(62.3456)]).toEqual(['1:00.0', '62:05.5', '1:02.346'])
  expect(['1:02.5', '62.5', '62,5', ' 3 ', 'x', '1:2:3', ''].map(secondsOf)).toEqual([
    62.5,
    62.5,
    62.5,
    3,
    undefined,
    undefined,
    undefined,
  ])
})

test.each([
  [['fr-FR', 'en-GB'], 'en'],
  [['xx'], 'en'],
  [['zh-HK'], 'zh-TW'],
  [['zh-Hant-TW'], 'zh-TW'],
  [['zh'], 'zh-CN'],
  [['ja-JP', 'en'], 'ja'],
  [['pt', 'es-MX'], 'es'],
] as const)('for a user of %s the page speaks %s', (wanted, spoken) => {
  expect(languageFor(wanted)).toBe(spoken)
})

test.each(Object.entries(WORDS))('%s: every text has the places that are filled in', (_, words) => {
  const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort()
  expect(Object.keys(words).sort()).toEqual(Object.keys(en).sort())
  for (const key of Object.keys(en) as (keyof typeof en)[]) {
    expect([key, places(words[key])]).toEqual([key, places(en[key])])
    expect(words[key]).not.toBe('')
  }
})
