import type { OnnxGraph } from '../../network/layers/layer.js';
import {
  type AttributeProto,
  type BOOL,
  FLOAT,
  type GraphProto,
  INT64,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './proto.js';

/** Sizes of a tensor; a name marks a size that is known only at run time. */
export type Shape = readonly (number | string)[];

type Attribute = number | readonly number[] | GraphProto | ConstantTensor;

/** A tensor that is part of the graph. */
interface ConstantTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | readonly bigint[];
}

/** A graph under construction, with operations that no layer needs. */
export interface Graph extends OnnxGraph {
  add(
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
  ): string;
  /** The same, of an operation with several outputs. */
  addMany(
    operator: string,
    inputs: readonly string[],
    outputs: number,
    attributes?: Readonly<Record<string, Attribute>>,
  ): string[];
  finish(
    inputs: readonly ValueInfoProto[],
    outputs: readonly (ValueInfoProto & { readonly from: string })[],
  ): GraphProto;
}

/** @param name begins the name of every value, so that a graph within a graph repeats none. */
export function createGraph(name: string): Graph {
  const node: NodeProto[] = [];
  const initializer: TensorProto[] = [];
  let values = 0;
  const nextName = () => `${name}.${values++}`;

  return {
    add: (operator, inputs, attributes) => addMany(operator, inputs, 1, attributes)[0]!,
    addMany,
    constant: (data, shape) => keep({ data, shape }),
    integers: (numbers) => keep({ data: numbers.map(BigInt), shape: [numbers.length] }),
    finish: (input, outputs) => ({
      name,
      node: [
        ...node,
        ...outputs.map(({ from, name: output }) => createNode('Identity', [from], [output])),
      ],
      initializer,
      input,
      output: outputs.map(({ name: output, type }) => ({ name: output, type })),
    }),
  };

  function addMany(
    operator: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string[] {
    const outputs = Array.from({ length: count }, nextName);
    node.push(createNode(operator, inputs, outputs, attributes));
    return outputs;
  }

  function keep(tensor: ConstantTensor): string {
    const constant = nextName();
    initializer.push({ name: constant, ...createTensor(tensor) });
    return constant;
  }
}

/** An input or an output of a graph. */
export function valueNamed(
  name: string,
  shape: Shape,
  elemType: typeof FLOAT | typeof BOOL = FLOAT,
): ValueInfoProto {
  const dim = shape.map((size) =>
    typeof size === 'number' ? { dimValue: size } : { dimParam: size },
  );
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

function createNode(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): NodeProto {
  const attribute = Object.entries(attributes).map(([name, value]) => createAttribute(name, value));
  return { opType, name: `${opType} ${output[0]}`, input, output, attribute };
}

function createAttribute(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'number') return { name, type: 2, i: value };
  if ('data' in value) return { name, type: 4, t: createTensor(value) };
  if ('node' in value) return { name, type: 5, g: value };
  return { name, type: 7, ints: value };
}

function createTensor({ data, shape }: ConstantTensor): TensorProto {
  const elements = data instanceof Float32Array ? data : BigInt64Array.from(data);
  return {
    dims: shape,
    dataType: data instanceof Float32Array ? FLOAT : INT64,
    rawData: new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength),
  };
}
