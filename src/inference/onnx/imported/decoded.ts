import { InputError } from '../../../errors.js';
import { Model } from '../proto.js';

// The messages of onnx.proto as protobufjs decodes them from a file that may be anything. An absent field has its
// default value; an absent message is null.

/** An integer of 64 bits. */
type Int64 = number | { toNumber(): number };

export interface DecodedTensor {
  readonly name: string;
  readonly dims: readonly Int64[];
  readonly dataType: number;
  /** 1: in another file. */
  readonly dataLocation: number;
  readonly externalData: readonly unknown[];
}

interface DecodedAttribute {
  readonly name: string;
  readonly i: Int64;
  readonly s: Uint8Array;
  readonly t: DecodedTensor | null;
  readonly tensors: readonly DecodedTensor[];
  readonly sparseTensor: DecodedSparseTensor | null;
  readonly sparseTensors: readonly DecodedSparseTensor[];
  readonly g: DecodedGraph | null;
  readonly graphs: readonly DecodedGraph[];
}

interface DecodedSparseTensor {
  readonly values: DecodedTensor | null;
  readonly indices: DecodedTensor | null;
}

export interface DecodedNode {
  readonly opType: string;
  readonly domain: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly DecodedAttribute[];
}

interface DecodedDimension {
  /** 0 where it is known only at run time. */
  readonly dimValue: Int64;
}

export interface DecodedValue {
  readonly name: string;
  readonly type?: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: { readonly dim: readonly DecodedDimension[] } | null;
    } | null;
  } | null;
}

export interface DecodedGraph {
  readonly node: readonly DecodedNode[];
  readonly initializer: readonly DecodedTensor[];
  readonly sparseInitializer: readonly DecodedSparseTensor[];
  readonly input: readonly DecodedValue[];
  readonly output: DecodedValue[];
}

export interface DecodedModel {
  readonly opsetImport: readonly { readonly domain: string; readonly version: Int64 }[];
  readonly producerName: string;
  readonly producerVersion: string;
  readonly graph: DecodedGraph | null;
  readonly functions: readonly { readonly domain: string; readonly node: readonly DecodedNode[] }[];
}

/** @throws InputError where the bytes are no .onnx file */
export function decodeModel(bytes: Uint8Array): DecodedModel {
  try {
    return Model.decode(bytes) as unknown as DecodedModel;
  } catch (cause) {
    throw new InputError('it is not an .onnx file, or only a part of one', [], { cause });
  }
}

export function encodeDecoded(model: DecodedModel): Uint8Array {
  return Model.encode(model).finish();
}

export function toNumber(value: Int64): number {
  return typeof value === 'number' ? value : value.toNumber();
}
