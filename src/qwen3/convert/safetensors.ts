import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { AlignError } from '../../errors.ts'
import { shown } from '../shape.ts'

/** Element types a checkpoint may hold; all are widened to float32. */
export const BYTES_PER_ELEMENT = { BF16: 2, F16: 2, F32: 4 } as const
export type ElementType = keyof typeof BYTES_PER_ELEMENT

/** Where one tensor lies; `offset` counts from the start of the file, bytes. */
export type TensorEntry = {
  file: string
  dtype: ElementType
  shape: readonly number[]
  offset: number
  bytes: number
}

// 100 times the header of the model, whose 708 tensors take 90 kB: parsed JSON takes many times its length in memory.
const MAX_HEADER_BYTES = 10 * 1024 * 1024
const MAX_DIMENSIONS = 8
const LONGEST_NAME = 200 // in messages, characters
const LFS_POINTER = 'version https://git-lfs'

/**
 * Reads the table of tensors of one .safetensors file, without their data.
 * @throws AlignError MODEL_INVALID where the header is damaged or the file is shorter than it says
 */
export async function readTensorTable(file: string): Promise<Map<string, TensorEntry>> {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    const start = Buffer.alloc(Math.min(size, LFS_POINTER.length))
    await handle.read(start, 0, start.length, 0)
    if (start.toString('latin1') === LFS_POINTER) {
      throw damaged(file, 'Expected weights, got a Git LFS pointer: run `git lfs pull`, or download again')
    }
    if (size < 8) throw damaged(file, `Expected a safetensors file, got ${size} bytes`)
    const headerBytes = Number(start.readBigUInt64LE(0))
    if (headerBytes < 2 || headerBytes > MAX_HEADER_BYTES || headerBytes + 8 > size) {
      throw damaged(
        file,
        `Expected a header within the file's ${size} bytes, at most ${MAX_HEADER_BYTES}, got one of ${headerBytes} bytes`,
      )
    }
    const header = Buffer.alloc(headerBytes)
    await handle.read(header, 0, headerBytes, 8)
    return parseHeader(header.toString('utf8'), file, headerBytes + 8, size)
  } finally {
    await handle.close()
  }
}

function parseHeader(text: string, file: string, dataStart: number, size: number): Map<string, TensorEntry> {
  const table = new Map<string, TensorEntry>()
  for (const [name, value] of Object.entries(parseObject(text, file))) {
    if (name === '__metadata__') continue
    table.set(name, checkEntry(name.slice(0, LONGEST_NAME), value, file, dataStart, size))
  }
  if (table.size === 0) throw damaged(file, 'Expected tensors, the header names none')
  return table
}

function parseObject(text: string, file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch (cause) {
    throw damaged(file, 'Expected a JSON header, it cannot be parsed', cause)
  }
  throw damaged(file, 'Expected a JSON object as header')
}

type RawEntry = { dtype?: unknown; shape?: unknown; data_offsets?: unknown }

function checkEntry(
  name: string,
  value: unknown,
  file: string,
  dataStart: number,
  size: number,
): TensorEntry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as RawEntry
  if (!isElementType(dtype)) {
    throw damaged(file, `Expected ${name} as BF16, F16 or F32, got ${shown(dtype)}`)
  }
  if (!isCounts(shape) || shape.length > MAX_DIMENSIONS || !isCounts(offsets) || offsets.length !== 2) {
    throw damaged(file, `Expected shape and data_offsets of ${name} as whole numbers, few of them`)
  }
  const [begin, end] = offsets as [number, number]
  const bytes = shape.reduce((product, n) => product * n, 1) * BYTES_PER_ELEMENT[dtype]
  if (end - begin !== bytes) {
    throw damaged(file, `Expected ${bytes} bytes for ${name} [${shape}] in ${dtype}, got ${end - begin}`)
  }
  if (dataStart + end > size) {
    throw damaged(
      file,
      `Expected ${dataStart + end} bytes to hold ${name}, got ${size}: the download is incomplete, download it again`,
    )
  }
  return { file, dtype, shape, offset: dataStart + begin, bytes }
}

export function isElementType(value: unknown): value is ElementType {
  return typeof value === 'string' && Object.hasOwn(BYTES_PER_ELEMENT, value)
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0)
}

function damaged(file: string, reason: string, cause?: unknown): AlignError {
  const mended = reason.includes('download') ? reason : `${reason} (damaged? download it again)`
  return new AlignError('MODEL_INVALID', `${basename(file)}: ${mended}`, cause === undefined ? {} : { cause })
}
