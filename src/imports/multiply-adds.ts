import type { Tensor } from 'onnxruntime-node';
import {
  type DecodedNode,
  decodeModel,
  encodeDecoded,
  toNumber,
} from '../inference/onnx/imported/decoded.js';
import type { Onnxruntime } from '../inference/onnx/onnxruntime.js';
import { SESSION_OPTIONS } from '../inference/onnx/sessions.js';

type Shapes = ReadonlyMap<string, readonly number[]>;

/** Multiply-adds of one operation, by the shapes of its inputs and of its output. */
type Count = (
  node: DecodedNode,
  shapeOf: (name: string | undefined) => readonly number[],
) => number;

const COUNTS: Readonly<Record<string, Count>> = {
  // Every element of the output takes a filter, which is the weights of one of their channels.
  Conv: ({ input, output }, shapeOf) => {
    const weights = shapeOf(input[1]);
    return product(shapeOf(output[0])) * product(weights.slice(1));
  },
  ConvTranspose: ({ input }, shapeOf) =>
    product(shapeOf(input[0])) * product(shapeOf(input[1]).slice(1)),
  MatMul: ({ input, output }, shapeOf) =>
    product(shapeOf(output[0])) * (shapeOf(input[0]).at(-1) ?? 1),
  Gemm: ({ input, output, attribute }, shapeOf) => {
    const [rows = 1, columns = 1] = shapeOf(input[0]);
    const isTransposed = attribute.some(({ name, i }) => name === 'transA' && toNumber(i) === 1);
    return product(shapeOf(output[0])) * (isTransposed ? rows : columns);
  },
  // All indices run at once, as if no part of the sum were kept.
  Einsum: ({ input, attribute }, shapeOf) => {
    const equation = attribute.find(({ name }) => name === 'equation');
    const [terms = ''] = Buffer.from(equation?.s ?? [])
      .toString('latin1')
      .split('->');
    const sizes = new Map<string, number>();
    for (const [i, term] of terms.replaceAll(' ', '').split(',').entries()) {
      for (const [axis, index] of [...term].entries()) {
        sizes.set(index, shapeOf(input[i])[axis] ?? 1);
      }
    }
    return product([...sizes.values()]);
  },
};

/**
 * Counts the multiply-adds of a graph's convolutions and matrix products, for some images: it is run once with the
 * results of these operations, and what they take, as its outputs. Graphs within the graph are not counted.
 * @param network an .onnx file that `readGraph` takes
 * @param feeds its inputs
 */
export async function countGraph(
  { InferenceSession }: Pick<Onnxruntime, 'InferenceSession'>,
  network: Uint8Array,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<number> {
  const model = decodeModel(network);
  const graph = model.graph!;
  const counted = graph.node.filter(({ opType }) => opType in COUNTS);
  const shapes = new Map<string, readonly number[]>([
    ...graph.initializer.map(({ name, dims }) => [name, dims.map(toNumber)] as const),
    ...Object.entries(feeds).map(([name, { dims }]) => [name, dims] as const),
  ]);
  const outputs = new Set(graph.output.map(({ name }) => name));
  for (const name of counted.flatMap(({ input, output }) => [...input.slice(0, 2), ...output])) {
    if (name === '' || shapes.has(name) || outputs.has(name)) continue;
    outputs.add(name);
    graph.output.push({ name });
  }
  const options = { ...SESSION_OPTIONS, graphOptimizationLevel: 'disabled' } as const;
  const session = await InferenceSession.create(encodeDecoded(model), options);
  try {
    for (const [name, { dims }] of Object.entries(await session.run(feeds))) shapes.set(name, dims);
  } finally {
    await session.release();
  }
  return counted.reduce((sum, node) => sum + COUNTS[node.opType]!(node, finder(shapes)), 0);
}

function finder(shapes: Shapes): (name: string | undefined) => readonly number[] {
  return (name = '') => shapes.get(name) ?? [];
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a * b, 1);
}
