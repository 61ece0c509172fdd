import fc from 'fast-check'
import { expect, test } from 'vitest'
import { movementOf } from './movement.ts'
import { parseLyrics } from './parse.ts'

const sectionsOf = (...lines: string[]) => [...movementOf(parseLyrics(lines.join('\n'))).sections]

test('a section begins with the first line, and after a blank line or a marker', () => {
  expect(sectionsOf('one', 'two', '', 'three', 'four', '[Chorus]', 'five')).toEqual([0, 3, 6])
  expect(sectionsOf('[Verse]', '', 'one', 'two')).toEqual([2])
})

test('a chorus that is written twice is a section each time, and so is what follows it', () => {
  const lines = ['one', 'two', 'la la', 'lo lo', 'three', 'four', 'la la', 'lo lo', 'five']
  expect(sectionsOf(...lines)).toEqual([0, 2, 4, 6, 8])
})

test('a line that is written in different places begins a section, the one that always follows it does not', () => {
  expect(sectionsOf('la la', 'lo lo', 'la la', 'lo lo')).toEqual([0, 2])
})

test('the same words with other punctuation and case are the same line', () => {
  expect(sectionsOf('one', 'La la!', 'two', 'la, LA')).toEqual([0, 1, 2, 3])
  expect(sectionsOf('one', 'La la!', 'two', 'la, lo')).toEqual([0])
})

test('sections are sung lines in the order of the text, the first one among them, and repeats lead to sung lines or the end', () => {
  const line = fc.constantFrom('one', 'two', 'three', '', '[Verse]', '[Chorus]', '[Chorus x2]', '♪')
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), (given) => {
      const lines = parseLyrics(given.join('\n'))
      const { sections, repeats } = movementOf(lines)
      const sung = lines.filter(({ kind }) => kind === 'sung').map(({ index }) => index)
      expect([...sections]).toEqual(sung.filter((index) => sections.has(index)))
      expect([...sections].slice(0, 1)).toEqual(sung.slice(0, 1))
      for (const { after, to } of repeats) {
        // Or to the end of the text.
        expect([...sung, lines.length]).toContain(to)
        expect(after).toBeGreaterThanOrEqual(-1)
        expect(after).toBeLessThan(lines.length)
      }
    }),
  )
})
