import { readFile } from 'node:fs/promises'
import { AlignError } from '../../errors.ts'

/**
 * Steps of 8-bit weights to either side of zero. x86 processors without VNNI add two products in 16 bits and saturate
 * where weights pass 64: 255 * 64 * 2 < 2^15. All others take the whole range.
 */
export type Int8Levels = 127 | 64

/** What this machine computes exactly; where it cannot be told, the careful answer. */
export async function int8Levels(): Promise<Int8Levels> {
  return levelsFor(process.arch, await readFile('/proc/cpuinfo', 'utf8').catch(() => ''))
}

/** @param cpuinfo the text of /proc/cpuinfo; empty where there is none */
export function levelsFor(arch: string, cpuinfo: string): Int8Levels {
  if (arch !== 'x64') return 127
  return /^flags\s*:.*\b(avx512_vnni|avx_vnni)\b/m.test(cpuinfo) ? 127 : 64
}

/**
 * Refuses weights that this machine would compute wrong without a sign of it.
 * @throws AlignError MODEL_INVALID
 */
export async function requireInt8Levels(levels: Int8Levels | undefined): Promise<void> {
  if (levels === undefined || levels <= (await int8Levels())) return
  throw new AlignError(
    'MODEL_INVALID',
    'Expected int8 weights for a processor without VNNI, got them for one with it: convert the snapshot on this machine',
  )
}
