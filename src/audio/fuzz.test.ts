import { expect, test } from 'vitest'
import { fuzz, isBuilt } from '../../test/audio-fuzz.ts'

test.skipIf(!isBuilt)('damaged files of every format end in samples within limits or a code', async () => {
  const { ends, faults } = await fuzz(1, 4)
  expect(faults).toEqual([])
  expect(ends.samples).toBeGreaterThan(10)
})
