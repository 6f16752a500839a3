import { InputError } from '../../../errors.js';
import {
  type DecodedGraph,
  type DecodedNode,
  type DecodedTensor,
  type DecodedValue,
  decodeModel,
  toNumber,
} from './decoded.js';

/** An input or an output of a graph; a size is null where it is known only at run time. */
export interface GraphValue {
  readonly name: string;
  /** TensorProto.DataType */
  readonly type: number;
  /** null where the file does not say it. */
  readonly shape: readonly (number | null)[] | null;
}

/** What an .onnx file says of its graph. */
export interface ReadGraph {
  /** Version of the operators. */
  readonly opset: number;
  /** The program that wrote it, and its version. */
  readonly producer: string;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  /** Numbers in its constants. */
  readonly parameters: number;
}

/** Bytes of an .onnx file, at most. */
export const GRAPH_BYTES = 2 ** 29;

/** The versions of the operators that onnxruntime computes with. */
const OPSETS = [7, 26] as const;
const NODES = 50_000;
/** Graphs within graphs. */
const DEPTH = 8;
/** Names of the operators of ONNX itself. */
const STANDARD = new Set(['', 'ai.onnx']);
/** Their results differ from call to call. */
const RANDOM = new Set([
  'Bernoulli',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
]);
/** It goes on for as long as the numbers in it say, so that one image could keep the engine from all other requests. */
const ENDLESS = 'Loop';
/** TensorProto.DataLocation */
const EXTERNAL = 1;

/**
 * Reads what an .onnx file has, and checks that nothing outside the file, and no operator that is not of ONNX, takes
 * part in what it computes.
 * @param bytes of a file that may be anything
 * @throws InputError naming what is wrong
 * @example
 * readGraph(await readFile('net.onnx')).inputs; // [{ name: 'image', type: 1, shape: [null, 1, 50, 50] }]
 */
export function readGraph(bytes: Uint8Array): ReadGraph {
  if (bytes.length > GRAPH_BYTES) {
    throw new InputError(`it is too large: ${bytes.length} bytes; expected at most ${GRAPH_BYTES}`);
  }
  const model = decodeModel(bytes);
  const { graph, opsetImport, functions, producerName, producerVersion } = model;
  if (graph === null) throw new InputError('it has no graph; expected an .onnx file');
  const opset = opsetImport.find(({ domain }) => STANDARD.has(domain));
  const version = opset === undefined ? 0 : toNumber(opset.version);
  if (!(version >= OPSETS[0] && version <= OPSETS[1])) {
    throw new InputError(
      `wrong opset: ${version || 'none'}; expected one from ${OPSETS[0]} to ${OPSETS[1]}`,
    );
  }
  const domains = new Set([...STANDARD, ...functions.map(({ domain }) => domain)]);
  const counts = { nodes: 0, parameters: 0 };
  checkGraph(graph, domains, counts, 0);
  for (const { node } of functions) checkNodes(node, domains, counts, 0);
  const constants = new Set(graph.initializer.map(({ name }) => name));
  return {
    opset: version,
    producer: [producerName, producerVersion].filter((text) => text !== '').join(' ') || 'unknown',
    // files of old versions list the constants too
    inputs: graph.input.filter(({ name }) => !constants.has(name)).map(readValue),
    outputs: graph.output.map(readValue),
    parameters: counts.parameters,
  };
}

interface Counts {
  nodes: number;
  parameters: number;
}

function checkGraph(
  graph: DecodedGraph,
  domains: ReadonlySet<string>,
  counts: Counts,
  depth: number,
): void {
  if (depth > DEPTH) {
    throw new InputError(`too many graphs within graphs: ${depth}; expected at most ${DEPTH}`);
  }
  for (const tensor of graph.initializer) checkTensor(tensor, counts);
  for (const { values, indices } of graph.sparseInitializer) {
    for (const tensor of [values, indices]) if (tensor) checkTensor(tensor, counts);
  }
  checkNodes(graph.node, domains, counts, depth);
}

function checkNodes(
  nodes: readonly DecodedNode[],
  domains: ReadonlySet<string>,
  counts: Counts,
  depth: number,
): void {
  counts.nodes += nodes.length;
  if (counts.nodes > NODES) {
    throw new InputError(`too many operations: ${counts.nodes}; expected at most ${NODES}`);
  }
  for (const { opType, domain, attribute } of nodes) {
    if (!domains.has(domain)) {
      throw new InputError(`unknown operator: ${domain}.${opType}; expected those of ONNX alone`);
    }
    if (RANDOM.has(opType)) {
      throw new InputError(
        `a random operator: ${opType}; expected a network that always answers the same`,
      );
    }
    if (opType === ENDLESS) {
      throw new InputError(
        `an operator that may go on without end: ${opType}; expected a network whose work is the same for all images`,
      );
    }
    for (const { t, tensors, g, graphs, sparseTensor, sparseTensors } of attribute) {
      const sparse = [...(sparseTensor ? [sparseTensor] : []), ...sparseTensors];
      const dense = [...(t ? [t] : []), ...tensors];
      for (const tensor of dense) checkTensor(tensor, counts);
      for (const { values, indices } of sparse) {
        for (const tensor of [values, indices]) if (tensor) checkTensor(tensor, counts);
      }
      for (const inner of g ? [g, ...graphs] : graphs) {
        checkGraph(inner, domains, counts, depth + 1);
      }
    }
  }
}

function checkTensor(
  { name, dims, dataLocation, externalData }: DecodedTensor,
  counts: Counts,
): void {
  if (dataLocation === EXTERNAL || externalData.length > 0) {
    throw new InputError(
      `the constant ${name} is in another file; expected all in one: torch.onnx.export with external_data=False`,
    );
  }
  counts.parameters += dims.reduce((product: number, size) => product * toNumber(size), 1);
  if (!(counts.parameters <= GRAPH_BYTES)) {
    throw new InputError(`the constant ${name} is too large: [${dims.map(toNumber)}]`);
  }
}

function readValue({ name, type }: DecodedValue): GraphValue {
  const tensor = type?.tensorType;
  if (!tensor) throw new InputError(`${name} is not a tensor; expected tensors alone`);
  return {
    name,
    type: tensor.elemType,
    shape:
      tensor.shape?.dim.map(({ dimValue }) => {
        const size = toNumber(dimValue);
        return size > 0 ? size : null;
      }) ?? null,
  };
}
