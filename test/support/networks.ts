import { writeFile } from 'node:fs/promises';
import { createGraph, type Graph, type Shape, valueNamed } from '../../src/inference/onnx/graph.js';
import { Model } from '../../src/inference/onnx/proto.js';

/** A network to write as an .onnx file; what is left out makes a linear network of two neurons for images of 4x6. */
export interface TestNetwork {
  readonly shape?: Shape;
  readonly opset?: number;
  /** @returns the name of the responses, made of the image */
  readonly build?: (graph: Graph, image: string) => string;
  /** Fields of ModelProto that take the place of others. */
  readonly change?: (model: WritableModel) => void;
}

/** The parts of a ModelProto that tests change. */
export interface WritableModel {
  readonly graph: {
    readonly node: { domain?: string; opType: string }[];
    readonly input: unknown[];
    readonly output: unknown[];
    readonly initializer: { dataLocation?: number; externalData?: object[] }[];
  };
}

/** The responses are the sum of the pixels, and three times the first pixel minus 1. */
export function linear(graph: Graph, image: string, pixels = 24): string {
  const flat = graph.add('Reshape', [image, graph.integers([0, -1])]);
  const weights = Float32Array.from({ length: 2 * pixels }, (_, i) => {
    if (i % 2 === 0) return 1;
    return i === 1 ? 3 : 0;
  });
  const product = graph.add('MatMul', [flat, graph.constant(weights, [pixels, 2])]);
  return graph.add('Add', [product, graph.constant(Float32Array.of(0, -1), [2])]);
}

/** The bytes of an .onnx file. */
export function networkFile({
  shape = ['batch', 1, 4, 6],
  opset = 17,
  build = linear,
  change = () => {},
}: TestNetwork = {}): Uint8Array {
  const graph = createGraph('network');
  const responses = {
    ...valueNamed('responses', ['batch', 'neurons']),
    from: build(graph, 'image'),
  };
  const model = {
    irVersion: 8,
    opsetImport: [{ domain: '', version: opset }],
    producerName: 'test',
    graph: graph.finish([valueNamed('image', shape)], [responses]),
  };
  change(model as unknown as WritableModel);
  return Model.encode(model).finish();
}

export async function writeNetwork(file: string, network: TestNetwork = {}): Promise<string> {
  await writeFile(file, networkFile(network));
  return file;
}
