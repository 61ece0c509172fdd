import type { Attribute, ModelProto, NodeProto, TensorProto, ValueInfoProto } from './onnx-proto.ts'

/** ONNX element types and their numbers. */
export const ELEMENT = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const
export type Element = keyof typeof ELEMENT

/** A number is a fixed size, a string names a free one. */
export type Dimension = number | string

/** A tensor written beside the graph; its data is made only when it is written, so that one is in memory at a time. */
export type ExternalWeight = {
  name: string
  element: Element
  dims: readonly number[]
  bytes: number
  make: () => Promise<Uint8Array>
}

export type NodeOptions = {
  attributes?: Record<string, number | { float: number } | readonly number[]>
  /** 'com.microsoft' for the contributed operators of ONNX Runtime. */
  domain?: '' | 'com.microsoft'
  /** How many outputs, or their names. */
  outputs?: number | readonly string[]
}

/** Collects an ONNX graph. Names of values are made from the operator and a running number. */
export type GraphBuilder = {
  readonly weights: readonly ExternalWeight[]
  input(name: string, element: Element, dims: readonly Dimension[]): string
  output(name: string, element: Element, dims: readonly Dimension[]): string
  /** Adds a node and returns the names of its outputs. An input of '' is left out. */
  nodes(operator: string, inputs: readonly string[], options?: NodeOptions): string[]
  /** As nodes(), for operators of which one output is used. */
  node(operator: string, inputs: readonly string[], options?: NodeOptions): string
  /** Gives a value the name of a graph output. */
  publish(value: string, output: string): void
  /** A constant inside the graph file. */
  constant(values: Float32Array | BigInt64Array, dims?: readonly number[]): string
  /** A weight in the data file. */
  weight(weight: ExternalWeight): string
  /** The model with its weights at the given offsets of the data file. */
  toModel(name: string, dataFile: string, offsetOf: (weight: ExternalWeight) => number): ModelProto
}

const IR_VERSION = 8
const OPSET = 17
const EXTERNAL = 1

export function createGraph(): GraphBuilder {
  const nodes: NodeProto[] = []
  const inputs: ValueInfoProto[] = []
  const outputs: ValueInfoProto[] = []
  const constants: TensorProto[] = []
  const weights: ExternalWeight[] = []
  const addNodes: GraphBuilder['nodes'] = (
    operator,
    input,
    { attributes = {}, domain = '', outputs: n = 1 } = {},
  ) => {
    const name = `${operator}_${nodes.length}`
    const output = typeof n === 'number' ? Array.from({ length: n }, (_, i) => `${name}:${i}`) : n
    nodes.push({
      input,
      output,
      name,
      opType: operator,
      domain,
      attribute: Object.entries(attributes).map(toAttribute),
    })
    return [...output]
  }
  return {
    weights,
    input: (name, element, dims) => {
      inputs.push(valueInfo(name, element, dims))
      return name
    },
    output: (name, element, dims) => {
      outputs.push(valueInfo(name, element, dims))
      return name
    },
    nodes: addNodes,
    node: (operator, input, options) => addNodes(operator, input, options)[0]!,
    publish: (value, output) => {
      nodes.push({
        input: [value],
        output: [output],
        name: output,
        opType: 'Identity',
        domain: '',
        attribute: [],
      })
    },
    constant: (values, dims = [values.length]) => {
      const name = `constant_${constants.length}`
      const element: Element = values instanceof Float32Array ? 'float32' : 'int64'
      const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
      constants.push({ name, dims, dataType: ELEMENT[element], rawData })
      return name
    },
    weight: (weight) => {
      weights.push(weight)
      return weight.name
    },
    toModel: (name, dataFile, offsetOf) => ({
      irVersion: IR_VERSION,
      producerName: 'sow-align',
      producerVersion: '1',
      opsetImport: [
        { domain: '', version: OPSET },
        { domain: 'com.microsoft', version: 1 },
      ],
      graph: {
        name,
        node: nodes,
        input: inputs,
        output: outputs,
        initializer: [...constants, ...weights.map((w) => externalTensor(w, dataFile, offsetOf(w)))],
      },
    }),
  }
}

function externalTensor(
  { name, element, dims, bytes }: ExternalWeight,
  file: string,
  offset: number,
): TensorProto {
  const externalData = [
    { key: 'location', value: file },
    { key: 'offset', value: String(offset) },
    { key: 'length', value: String(bytes) },
  ]
  return { name, dims, dataType: ELEMENT[element], dataLocation: EXTERNAL, externalData }
}

function valueInfo(name: string, element: Element, dims: readonly Dimension[]): ValueInfoProto {
  const dim = dims.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d }))
  return { name, type: { tensorType: { elemType: ELEMENT[element], shape: { dim } } } }
}

const FLOAT_ATTRIBUTE = 1
const INT_ATTRIBUTE = 2
const INTS_ATTRIBUTE = 7

function toAttribute([name, value]: [string, number | { float: number } | readonly number[]]): Attribute {
  if (typeof value === 'number') return { name, type: INT_ATTRIBUTE, i: value }
  if ('float' in value) return { name, type: FLOAT_ATTRIBUTE, f: value.float }
  return { name, type: INTS_ATTRIBUTE, ints: value }
}
