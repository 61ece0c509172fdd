/** Ids of the tokens that mark audio and time. */
export type MarkerTokens = { audioStart: number; audio: number; audioEnd: number; timestamp: number }

/** Token ids of a prompt, and where its slots are: two per unit, start and end. */
export type Prompt = { ids: number[]; slots: number[] }

/**
 * The prompt of the aligner: audio, then every unit followed by two time slots. No units: two slots, as the reference.
 * @param encode text to token ids, without special tokens
 */
export function buildPrompt(
  audioTokens: number,
  units: readonly string[],
  markers: MarkerTokens,
  encode: (text: string) => readonly number[],
): Prompt {
  const ids = [markers.audioStart]
  for (let i = 0; i < audioTokens; i++) ids.push(markers.audio)
  ids.push(markers.audioEnd)
  const slots: number[] = []
  for (const unit of units.length === 0 ? [''] : units) {
    ids.push(...encode(unit))
    slots.push(ids.length, ids.length + 1)
    ids.push(markers.timestamp, markers.timestamp)
  }
  return { ids, slots }
}
