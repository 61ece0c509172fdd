/**
 * Runs every variant `rounds` times, one at a time, forwards and backwards in turn: what drifts (heat, other work) then
 * falls on all of them.
 */
export async function alternate<T>(
  variants: readonly T[],
  rounds: number,
  run: (variant: T, round: number) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? variants : variants.toReversed()
    for (const variant of order) await run(variant, round)
  }
}
