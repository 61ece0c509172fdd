import { expect, test } from 'vitest'
import { CORPUS, fuzz, isBuilt } from '../../test/audio-fuzz.ts'

/** Another seed tries other damage; a fault names the seed and number that repeat it. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_125)
const EACH = Math.ceil(5700 / Object.keys(CORPUS).length)

test.skipIf(!isBuilt)(
  '5,700 damaged files of every format end in samples within limits or a code',
  async () => {
    const { ends, faults } = await fuzz(SEED, EACH)
    console.log(`Damaged recordings, seed ${SEED}:`, ends)
    expect(faults).toEqual([])
    expect(Object.values(ends).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(5700)
    expect(ends.samples).toBeGreaterThan(1000) // most damage leaves something to read
    expect(ends.AUDIO_UNREADABLE).toBeGreaterThan(500)
  },
  600_000, // ms: a minute's work on a machine that is busy
)
