/** Joins pieces into one array; a single piece is given back as it is. */
export function join(pieces: Float32Array[]): Float32Array {
  if (pieces.length === 1) return pieces[0]!
  const whole = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let offset = 0
  for (const piece of pieces) {
    whole.set(piece, offset)
    offset += piece.length
  }
  return whole
}
