import { expect, test } from 'vitest'
import { levelsFor } from './int8-levels.ts'

test('only x86 with VNNI, and other architectures, take the whole range', () => {
  expect(levelsFor('x64', 'model name\t: x\nflags\t\t: fpu avx2 avx512f avx512_vnni\n')).toBe(127)
  expect(levelsFor('x64', 'flags\t\t: fpu avx2 avx_vnni xsave\n')).toBe(127)
  expect(levelsFor('x64', 'flags\t\t: fpu avx avx2 avx512f\n')).toBe(64)
  expect(levelsFor('x64', '')).toBe(64)
  expect(levelsFor('arm64', '')).toBe(127)
})
