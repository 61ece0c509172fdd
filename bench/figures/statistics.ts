/** The middle value; the mean of the two middle ones where there is no middle. NaN of nothing. */
export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

/**
 * The value below which `percent` of the values lie, interpolated between the two nearest (Hyndman & Fan 1996, type 7,
 * as R and NumPy do). NaN of nothing.
 */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = values.toSorted((a, b) => a - b)
  const place = ((sorted.length - 1) * percent) / 100
  const below = sorted[Math.floor(place)]!
  const above = sorted[Math.ceil(place)]!
  return below + (above - below) * (place - Math.floor(place))
}

/** The exponent k of y = c * x^k by least squares over logarithms: 1 is linear growth. */
export function growthExponent(points: readonly { x: number; y: number }[]): number {
  if (points.length < 2 || points.some(({ x, y }) => !(x > 0) || !(y > 0))) {
    const got = points.map(({ x, y }) => `(${x}, ${y})`).join(' ')
    throw new Error(`Expected at least two points above 0 to fit a growth exponent, got ${got || 'none'}`)
  }
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }))
  const meanX = logs.reduce((sum, { x }) => sum + x, 0) / logs.length
  const meanY = logs.reduce((sum, { y }) => sum + y, 0) / logs.length
  const covariance = logs.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0)
  const variance = logs.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0)
  return covariance / variance
}
