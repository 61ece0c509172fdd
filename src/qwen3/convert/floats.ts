import type { ElementType } from './safetensors.ts'

/**
 * Widens little-endian BF16, F16 or F32 to float32. O(n). The result may share `bytes` (F32, aligned).
 */
export function toFloat32(bytes: Uint8Array, dtype: ElementType): Float32Array {
  if (dtype === 'F32') return viewAs(bytes, Float32Array, 4)
  const halves = viewAs(bytes, Uint16Array, 2)
  return dtype === 'BF16' ? fromBfloat16(halves) : fromFloat16(halves)
}

function fromBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16
  return new Float32Array(bits.buffer)
}

function fromFloat16(halves: Uint16Array): Float32Array {
  const floats = new Float32Array(halves.length)
  for (let i = 0; i < halves.length; i++) floats[i] = float16Value(halves[i]!)
  return floats
}

function float16Value(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

type View<T> = { new (buffer: ArrayBufferLike, offset: number, length: number): T }

/** A view where the alignment allows one, else of a copy. */
function viewAs<T>(bytes: Uint8Array, as: View<T>, width: number): T {
  const aligned = bytes.byteOffset % width === 0 ? bytes : bytes.slice()
  return new as(aligned.buffer, aligned.byteOffset, Math.floor(aligned.byteLength / width))
}

/** Index of the first value that is NaN or infinite, -1 where all are finite. O(n). */
export function firstNonFinite(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) return i
  return -1
}
