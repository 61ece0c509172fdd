import type { LogMel } from './mel.ts'
import type { Prompt } from './prompt.ts'
import type { Values } from './session.ts'
import type { SlotLogits } from './timestamps.ts'

/** Called between pieces of work with the finished share, [0, 1]; throws to stop. */
export type Checkpoint = (fraction: number) => void

/** What was heard: row-major [tokens, width], for decode() of the same model only. */
export type Heard = {
  values: Float32Array
  tokens: number
  /** Left here by decode() for the next lyrics to the same audio; may be dropped to save memory. */
  opening?: Opening | undefined
}

/** The decoder's keys and values of the audio: it comes first and is causal, so that they are those of any lyrics. */
export type Opening = { past: Readonly<Record<string, Values>>; bytes: number }

/** The model in memory: what is heard, and when each slot of a prompt is. */
export type Qwen3Model = {
  encode(mel: LogMel, between: Checkpoint): Promise<Heard>
  /** Logits of the prompt's slots; its audio tokens are those of `audio`. */
  decode(prompt: Prompt, audio: Heard, between: Checkpoint): Promise<SlotLogits>
  close(): Promise<void>
}
