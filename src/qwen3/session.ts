import '../config/telemetry.ts'
import * as ort from 'onnxruntime-node'
import { AlignError } from '../errors.ts'

/** A tensor going in or coming out; its element type is that of the array. */
export type Values = { data: Float32Array | BigInt64Array | Int32Array; dims: readonly number[] }

/** One ONNX graph in memory. */
export type Session = {
  /** Names of the inputs and their element types ('int64', ...). */
  inputs: ReadonlyMap<string, string>
  run(feeds: Readonly<Record<string, Values>>): Promise<Record<string, Values>>
  close(): Promise<void>
}

export type SessionOptions = {
  /** Threads inside each operator. */
  threads: number
  /**
   * Uses the weights where the file is mapped instead of rearranging a copy of them: sessions of all threads share one
   * copy and load at once, runs take 10-20% longer. Has no effect on int4, whose weights are small.
   */
  shareWeights: boolean
}

const ERRORS_ONLY = 3

/** @throws AlignError MODEL_INVALID where ONNX Runtime refuses the graph */
export async function openSession(path: string, { threads, shareWeights }: SessionOptions): Promise<Session> {
  const session = await create(path, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: ERRORS_ONLY,
    ...(shareWeights && { extra: { session: { disable_prepacking: '1' } } }),
  })
  return {
    inputs: new Map(
      session.inputMetadata.map((input) => [input.name, input.isTensor ? input.type : 'other']),
    ),
    run: async (feeds) => {
      const tensors = Object.entries(feeds).map(([name, values]) => [name, toTensor(values)] as const)
      const outputs = await session.run(Object.fromEntries(tensors))
      return Object.fromEntries(
        Object.entries(outputs).map(([name, value]) => [name, fromTensor(name, value)]),
      )
    },
    close: () => session.release(),
  }
}

async function create(
  path: string,
  options: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(path, options)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AlignError('MODEL_INVALID', `${path} cannot be loaded: ${reason}`, { cause })
  }
}

function toTensor({ data, dims }: Values): ort.Tensor {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, dims)
  return data instanceof Int32Array
    ? new ort.Tensor('int32', data, dims)
    : new ort.Tensor('int64', data, dims)
}

function fromTensor(name: string, value: ort.OnnxValue): Values {
  if ('data' in value && value.data instanceof Float32Array) return { data: value.data, dims: value.dims }
  throw new TypeError(`Expected the model's output ${name} in float32`)
}
