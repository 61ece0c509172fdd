import { expect, test } from 'vitest'
import type { Fit } from '../ctc/evidence.ts'
import { fitTwoGroups, probabilityPresent } from './two-groups.ts'

const fits = (...deficits: number[]): Fit[] => deficits.map((deficit) => ({ deficit, letters: 20 }))
const chance = fits(3.5, 3.8, 4, 4, 4.2, 4.5)

test('lines that fit far better than chance are believed, those that fit like chance are not', () => {
  const lines = fits(1, 1.1, 0.9, 1.2, 4.1, 1)
  const groups = fitTwoGroups(lines, chance)
  const confidences = lines.map((line) => probabilityPresent(line, groups))
  expect(confidences[4]).toBeLessThan(0.05)
  for (const i of [0, 1, 2, 3, 5]) expect(confidences[i]).toBeGreaterThan(0.95)
})

test('a text that fits like chance from beginning to end is not believed at all', () => {
  const lines = fits(3.6, 3.9, 4.1, 4, 4.3, 4.4, 3.8, 4)
  const groups = fitTwoGroups(lines, chance)
  for (const line of lines) expect(probabilityPresent(line, groups)).toBeLessThan(0.4)
  expect(groups.share).toBeLessThan(0.4)
})

test('a better fit is never believed less', () => {
  const groups = fitTwoGroups(fits(1, 2, 3), chance)
  const confidences = [0, 1, 2, 3, 4, 5].map((deficit) =>
    probabilityPresent({ deficit, letters: 20 }, groups),
  )
  expect(confidences).toEqual([...confidences].sort((a, b) => b - a))
})

test('a short line proves less than a long one', () => {
  const groups = fitTwoGroups(fits(1, 1.2, 1.1, 4), chance)
  const believed = (letters: number) => probabilityPresent({ deficit: 1, letters }, { ...groups, share: 0.5 })
  expect(believed(2)).toBeLessThan(believed(20))
})
