import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { goldenJson, goldensFound, goldensNote } from '../../test/qwen3-goldens.ts'
import { alignmentUnits } from './units.ts'

const texts = (text: string, language: string) => alignmentUnits(text, language).map((unit) => unit.text)

test('words lose punctuation, Han characters stand alone', () => {
  expect(texts("Don’t stop: it's well-known!", 'English')).toEqual(['Dont', 'stop', "it's", 'wellknown'])
  expect(texts('我喜欢用iPhone 15拍照', 'zh')).toEqual(['我', '喜', '欢', '用', 'iPhone', '15', '拍', '照'])
})

test('Korean goes by spaces, as the reference without a dictionary', () => {
  expect(texts('오늘 날씨가 정말 좋네요.', 'Korean')).toEqual(['오늘', '날씨가', '정말', '좋네요'])
})

test('Japanese goes by words', () => {
  expect(texts('今日は、いい天気。', 'ja')).toEqual(['今日', 'は', 'いい', '天気'])
})

test('offsets point back into the text, in order', () => {
  const languages = fc.constantFrom('en', 'zh', 'ja', 'ko')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), languages, (text, language) => {
      let end = 0
      for (const unit of alignmentUnits(text, language)) {
        expect(unit.start).toBeGreaterThanOrEqual(end)
        expect(unit.end).toBeGreaterThan(unit.start)
        const kept = [...text.slice(unit.start, unit.end)].filter((c) => unit.text.includes(c)).join('')
        expect(kept).toBe(unit.text)
        end = unit.end
      }
      expect(end).toBeLessThanOrEqual(text.length)
    }),
  )
})

describe.skipIf(!goldensFound)(`against the reference${goldensNote}`, () => {
  type Case = { language: string; text: string; units: string[] }
  // the reference's Korean units were cut with its dictionary
  const cases = goldensFound ? goldenJson<{ cases: Case[] }>('units').cases : []
  test.each(cases.filter(({ language }) => language !== 'Korean'))('$language: $text', (golden) => {
    expect(texts(golden.text, golden.language)).toEqual(golden.units)
  })
})
