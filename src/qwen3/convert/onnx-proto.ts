import protobuf from 'protobufjs'

/** The part of onnx.proto (ONNX IR version 8) that our graphs need, with its field numbers. */
const FIELDS = {
  ModelProto: {
    irVersion: [1, 'int64'],
    producerName: [2, 'string'],
    producerVersion: [3, 'string'],
    graph: [7, 'GraphProto'],
    opsetImport: [8, 'OperatorSetIdProto', 'repeated'],
  },
  OperatorSetIdProto: { domain: [1, 'string'], version: [2, 'int64'] },
  GraphProto: {
    node: [1, 'NodeProto', 'repeated'],
    name: [2, 'string'],
    initializer: [5, 'TensorProto', 'repeated'],
    input: [11, 'ValueInfoProto', 'repeated'],
    output: [12, 'ValueInfoProto', 'repeated'],
  },
  NodeProto: {
    input: [1, 'string', 'repeated'],
    output: [2, 'string', 'repeated'],
    name: [3, 'string'],
    opType: [4, 'string'],
    attribute: [5, 'AttributeProto', 'repeated'],
    domain: [7, 'string'],
  },
  AttributeProto: {
    name: [1, 'string'],
    f: [2, 'float'],
    i: [3, 'int64'],
    ints: [8, 'int64', 'repeated'],
    type: [20, 'int32'],
  },
  TensorProto: {
    dims: [1, 'int64', 'repeated'],
    dataType: [2, 'int32'],
    name: [8, 'string'],
    rawData: [9, 'bytes'],
    externalData: [13, 'StringStringEntryProto', 'repeated'],
    dataLocation: [14, 'int32'],
  },
  StringStringEntryProto: { key: [1, 'string'], value: [2, 'string'] },
  ValueInfoProto: { name: [1, 'string'], type: [2, 'TypeProto'] },
  TypeProto: { tensorType: [1, 'TensorTypeProto'] },
  TensorTypeProto: { elemType: [1, 'int32'], shape: [2, 'TensorShapeProto'] },
  TensorShapeProto: { dim: [1, 'DimensionProto', 'repeated'] },
  DimensionProto: { dimValue: [1, 'int64'], dimParam: [2, 'string'] },
} as const satisfies Record<string, Record<string, readonly [number, string, 'repeated'?]>>

const root = protobuf.Root.fromJSON({ nested: messages() })
const modelType = root.lookupType('ModelProto')

function messages(): Record<string, protobuf.IType> {
  return Object.fromEntries(
    Object.entries(FIELDS).map(([message, fields]) => [
      message,
      {
        fields: Object.fromEntries(
          Object.entries(fields).map(([name, [id, type, rule]]) => [
            name,
            rule ? { id, type, rule, options: { packed: false } } : { id, type },
          ]),
        ),
      },
    ]),
  )
}

export type Attribute = { name: string; type: number; f?: number; i?: number; ints?: readonly number[] }
export type NodeProto = {
  input: readonly string[]
  output: readonly string[]
  name: string
  opType: string
  domain: string
  attribute: readonly Attribute[]
}
export type TensorProto = {
  name: string
  dims: readonly number[]
  dataType: number
  rawData?: Uint8Array
  externalData?: readonly { key: string; value: string }[]
  dataLocation?: number
}
export type ValueInfoProto = {
  name: string
  type: {
    tensorType: { elemType: number; shape: { dim: readonly ({ dimValue: number } | { dimParam: string })[] } }
  }
}
export type ModelProto = {
  irVersion: number
  producerName: string
  producerVersion: string
  graph: {
    name: string
    node: readonly NodeProto[]
    initializer: readonly TensorProto[]
    input: readonly ValueInfoProto[]
    output: readonly ValueInfoProto[]
  }
  opsetImport: readonly { domain: string; version: number }[]
}

/** The bytes of a .onnx file. */
export function encodeModel(model: ModelProto): Uint8Array {
  const wrong = modelType.verify(model)
  if (wrong) throw new TypeError(`The graph is no valid ONNX model: ${wrong}`)
  return modelType.encode(modelType.create(model)).finish()
}
