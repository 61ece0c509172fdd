/** A weight for every input, and the constant. */
export type Weights = { weights: number[]; constant: number }

const ROUNDS = 30

/**
 * Logistic regression by Newton's method with a ridge (Hastie, Tibshirani & Friedman, 4.4): the weights of
 * P(true) = 1 / (1 + exp(-(constant + weights · input))). The ridge holds for inputs that are scaled to one deviation.
 */
export function fitLogistic(
  inputs: readonly (readonly number[])[],
  truths: readonly boolean[],
  ridge = 1,
): Weights {
  const width = inputs[0]!.length
  const means = column(width, (k) => mean(inputs.map((input) => input[k]!)))
  const deviations = column(width, (k) =>
    Math.max(1e-9, Math.sqrt(mean(inputs.map((input) => (input[k]! - means[k]!) ** 2)))),
  )
  const scaled = inputs.map((input) => [...input.map((value, k) => (value - means[k]!) / deviations[k]!), 1])
  let beta = new Array<number>(width + 1).fill(0)
  for (let round = 0; round < ROUNDS; round++) {
    const gradient = beta.map((value, k) => (k < width ? -ridge * value : 0))
    const hessian = beta.map((_, j) => beta.map((_, k) => (j === k && j < width ? ridge : 1e-9)))
    scaled.forEach((input, i) => {
      const p = sigmoid(dot(beta, input))
      const error = (truths[i] ? 1 : 0) - p
      const weight = p * (1 - p)
      for (let j = 0; j <= width; j++) {
        gradient[j]! += error * input[j]!
        for (let k = 0; k <= width; k++) hessian[j]![k]! += weight * input[j]! * input[k]!
      }
    })
    const step = solve(hessian, gradient)
    beta = beta.map((value, k) => value + step[k]!)
  }
  const weights = means.map((_, k) => beta[k]! / deviations[k]!)
  return { weights, constant: beta[width]! - dot(weights, means) }
}

export function probability({ weights, constant }: Weights, input: readonly number[]): number {
  return sigmoid(constant + dot(weights, input))
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, k) => sum + value * b[k]!, 0)
}

function column(width: number, of: (k: number) => number): number[] {
  return Array.from({ length: width }, (_, k) => of(k))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Gaussian elimination with pivots. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!])
  const size = rows.length
  for (let i = 0; i < size; i++) {
    const pivot = rows
      .slice(i)
      .reduce((best, row, k) => (Math.abs(row[i]!) > Math.abs(rows[best]![i]!) ? i + k : best), i)
    ;[rows[i], rows[pivot]] = [rows[pivot]!, rows[i]!]
    for (let j = i + 1; j < size; j++) {
      const factor = rows[j]![i]! / rows[i]![i]!
      for (let k = i; k <= size; k++) rows[j]![k]! -= factor * rows[i]![k]!
    }
  }
  const solution = new Array<number>(size).fill(0)
  for (let i = size - 1; i >= 0; i--) {
    let rest = rows[i]![size]!
    for (let k = i + 1; k < size; k++) rest -= rows[i]![k]! * solution[k]!
    solution[i] = rest / rows[i]![i]!
  }
  return solution
}
