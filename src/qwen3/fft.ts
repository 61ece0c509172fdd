/** The power spectra of two real signals at once. `size` = product of `radices`. */
export type PowerSpectrum = (
  first: Float64Array,
  second: Float64Array,
  firstPower: Float64Array,
  secondPower: Float64Array,
) => void

/**
 * Prepares the power spectrum (size / 2 + 1 bins) of frames whose length is a product of small numbers. Stockham's
 * algorithm: O(size * sum of radices) per pair, in double precision.
 */
export function createPowerSpectrum(radices: readonly number[]): PowerSpectrum {
  const size = radices.reduce((product, radix) => product * radix, 1)
  const cosines = Float64Array.from({ length: size }, (_, i) => Math.cos((2 * Math.PI * i) / size))
  const sines = Float64Array.from({ length: size }, (_, i) => -Math.sin((2 * Math.PI * i) / size))
  let re = new Float64Array(size)
  let im = new Float64Array(size)
  let nextRe = new Float64Array(size)
  let nextIm = new Float64Array(size)

  // One stage: `length` is what is left to transform, `stride` how many transforms lie side by side.
  const stage = (radix: number, length: number, stride: number) => {
    const part = length / radix
    const step = size / length
    for (let p = 0; p < part; p++) {
      for (let k = 0; k < radix; k++) {
        const to = stride * (radix * p + k)
        for (let q = 0; q < stride; q++) {
          nextRe[to + q] = 0
          nextIm[to + q] = 0
        }
        for (let j = 0; j < radix; j++) {
          // the root of the small transform times the twiddle factor
          const turn = (j * k * (size / radix) + p * k * step) % size
          const c = cosines[turn]!
          const s = sines[turn]!
          const from = stride * (p + part * j)
          for (let q = 0; q < stride; q++) {
            const x = re[from + q]!
            const y = im[from + q]!
            nextRe[to + q]! += x * c - y * s
            nextIm[to + q]! += x * s + y * c
          }
        }
      }
    }
  }

  const transform = () => {
    let length = size
    let stride = 1
    for (const radix of radices) {
      stage(radix, length, stride)
      ;[re, nextRe] = [nextRe, re]
      ;[im, nextIm] = [nextIm, im]
      length /= radix
      stride *= radix
    }
  }

  return (first, second, firstPower, secondPower) => {
    re.set(first)
    im.set(second)
    transform()
    // X = (Z[k] + conj Z[-k]) / 2 is the spectrum of the first, (Z[k] - conj Z[-k]) / 2i of the second
    for (let k = 0; k <= size / 2; k++) {
      const mirror = k === 0 ? 0 : size - k
      const [a, b, c, d] = [re[k]!, im[k]!, re[mirror]!, im[mirror]!]
      firstPower[k] = ((a + c) ** 2 + (b - d) ** 2) / 4
      secondPower[k] = ((a - c) ** 2 + (b + d) ** 2) / 4
    }
  }
}
