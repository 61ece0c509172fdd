import { AlignError } from '../errors.ts'
import { findSingleGraph } from './find-graph.ts'
import type { Checkpoint, Heard, Qwen3Model } from './model.ts'
import type { Prompt } from './prompt.ts'
import { openSession, type Session, type SessionOptions, type Values } from './session.ts'
import { audioTokens, type ModelShape } from './shape.ts'
import type { SlotLogits } from './timestamps.ts'

const INPUTS = ['input_ids', 'attention_mask', 'input_features', 'feature_attention_mask'] as const

/**
 * Loads a public export of the whole model in one graph. Slower than ours: nothing of it is kept between two lyrics of
 * the same audio, the head runs on all tokens, and it can only be stopped before it starts.
 * @throws AlignError MODEL_INVALID
 */
export async function openSingleGraph(
  folder: string,
  shape: ModelShape,
  options: SessionOptions,
): Promise<Qwen3Model> {
  const path = findSingleGraph(folder)
  const session = await openSession(path, options)
  for (const name of INPUTS) {
    if (session.inputs.has(name)) continue
    const found = [...session.inputs.keys()].join(', ')
    await session.close()
    throw new AlignError('MODEL_INVALID', `Expected an input ${name} in ${path}, got ${found}`)
  }
  return {
    encode: async ({ values, frames }) => ({ values, tokens: audioTokens(frames, shape) }),
    decode: (prompt, audio, between) => decode(session, shape, prompt, audio, between),
    close: session.close,
  }
}

/** `audio.values` are the mel features themselves: the graph listens and answers in one. */
async function decode(
  session: Session,
  { melBins }: ModelShape,
  { ids, slots }: Prompt,
  audio: Heard,
  between: Checkpoint,
): Promise<SlotLogits> {
  between(0)
  const frames = audio.values.length / melBins
  const { logits } = await session.run({
    input_ids: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] },
    attention_mask: ones(session, 'attention_mask', ids.length),
    input_features: { data: audio.values, dims: [1, melBins, frames] },
    feature_attention_mask: ones(session, 'feature_attention_mask', frames),
  })
  const [, tokens, classes] = logits?.dims ?? []
  if (!(logits?.data instanceof Float32Array) || tokens !== ids.length || !classes) {
    throw new TypeError(`Expected logits [1, ${ids.length}, classes] in float32, got [${logits?.dims}]`)
  }
  const values = new Float32Array(slots.length * classes)
  for (const [i, slot] of slots.entries()) {
    values.set(logits.data.subarray(slot * classes, (slot + 1) * classes), i * classes)
  }
  return { values, slots: slots.length, classes }
}

/** Exports differ in the type of the masks. */
function ones(session: Session, name: string, length: number): Values {
  const data =
    session.inputs.get(name) === 'int32' ? new Int32Array(length).fill(1) : new BigInt64Array(length).fill(1n)
  return { data, dims: [1, length] }
}
