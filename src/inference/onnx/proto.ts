import protobuf from 'protobufjs/light.js';
import schema from './schema.json' with { type: 'json' };

// schema.json is onnx.proto of the PyPI package onnx 1.23.2, made into JSON by `pbjs -t json`. The
// messages below are those that these graphs use, under its names.

/** TensorProto.DataType */
export const FLOAT = 1;
export const INT64 = 7;
export const BOOL = 9;

export interface TensorProto {
  readonly name?: string;
  readonly dims: readonly number[];
  readonly dataType: typeof FLOAT | typeof INT64;
  /** Little-endian, row-major. */
  readonly rawData: Uint8Array;
}

export interface AttributeProto {
  readonly name: string;
  /** AttributeProto.AttributeType: 2 INT, 4 TENSOR, 5 GRAPH, 7 INTS */
  readonly type: 2 | 4 | 5 | 7;
  readonly i?: number;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly ints?: readonly number[];
}

export interface NodeProto {
  readonly opType: string;
  readonly name: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeProto[];
}

export interface ValueInfoProto {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: typeof FLOAT | typeof BOOL;
      readonly shape: {
        readonly dim: readonly ({ readonly dimValue: number } | { readonly dimParam: string })[];
      };
    };
  };
}

export interface GraphProto {
  readonly name: string;
  readonly node: readonly NodeProto[];
  readonly initializer: readonly TensorProto[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
}

export interface ModelProto {
  readonly irVersion: number;
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
  readonly producerName: string;
  readonly graph: GraphProto;
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[];
}

const root = protobuf.Root.fromJSON(schema);
/** ModelProto of protobufjs, for what other files read and write beyond the messages above. */
export const Model = root.lookupType('onnx.ModelProto');
const DATA_TYPES = root.lookupEnum('onnx.TensorProto.DataType').valuesById;

/** The name that ONNX gives to the type of a tensor, such as DOUBLE. */
export function dataTypeName(type: number): string {
  return DATA_TYPES[type] ?? String(type);
}

/** An .onnx file. */
export function encodeModel(model: ModelProto): Uint8Array {
  return Model.encode(model as object).finish();
}
