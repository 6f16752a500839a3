import { createGraph, type Graph } from '../../src/inference/onnx/graph.js';
import type { MapSize } from '../../src/network/layers/map.js';

/** The side of a filter. */
const SIDE = 5;
/** Where polynomials are evaluated, before infinity (Lavin and Gray 2016, arXiv 1509.09308). */
const POINTS = [0, 1, -1, 2, -2, 1 / 2, -1 / 2];

/**
 * A graph in which 5x5 convolutions of each neuron's own channels become Winograd's F(tile x tile, 5x5), of operators
 * that every runtime has: maps times matrices, products of each point's values with its weights, and the like back.
 * @param input of the convolution
 */
export function createWinogradGraph(tile: 2 | 4, input: MapSize): Graph {
  const graph = createGraph('site');
  const constants = new Map<string, ConstantArray>();
  return {
    ...graph,
    constant(data, shape) {
      const name = graph.constant(data, shape);
      constants.set(name, { data, shape });
      return name;
    },
    add(operator, inputs, attributes = {}) {
      const filters = constants.get(inputs[1] ?? '');
      const neurons = Number(attributes['group']);
      if (operator !== 'Conv' || filters?.shape[2] !== SIDE || neurons === 1) {
        return graph.add(operator, inputs, attributes);
      }
      const [map, , bias] = inputs as [string, string, string];
      const sums = addConvolution(graph, map, filters, { tile, neurons, input });
      const all = filters.shape[0]!;
      const shift = graph.add('Reshape', [bias, graph.integers([all, 1, 1])]);
      return graph.add('Add', [sums, shift]);
    },
  };
}

interface ConstantArray {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

interface Place {
  readonly tile: number;
  readonly neurons: number;
  readonly input: MapSize;
}

/** [B, N·C, h, w] -> [B, N·C, h - 4, w - 4] */
function addConvolution(
  graph: Graph,
  map: string,
  { data, shape }: ConstantArray,
  { tile, neurons: N, input }: Place,
): string {
  const C = shape[1]!;
  const { values, sums, weights } = winograd(tile);
  const P = tile + SIDE - 1;
  const [height, width] = [input.height - SIDE + 1, input.width - SIDE + 1];
  const [down, across] = [Math.ceil(height / tile), Math.ceil(width / tile)];
  const reshape = (name: string, sizes: readonly number[]) =>
    graph.add('Reshape', [name, graph.integers(sizes)]);
  const transpose = (name: string, perm: readonly number[]) =>
    graph.add('Transpose', [name], { perm });
  // Tiles overlap by 4 in the map, and lie side by side in the sums.
  const toPoints = (name: string, length: number, tiles: number) =>
    graph.add('MatMul', [
      name,
      band(
        graph,
        length,
        tiles * P,
        (from, to) => values[to % P]![from - tile * Math.floor(to / P)],
      ),
    ]);
  const toSums = (name: string, tiles: number, length: number) =>
    graph.add('MatMul', [
      name,
      band(graph, tiles * P, length, (from, to) =>
        Math.floor(from / P) === Math.floor(to / tile) ? sums[to % tile]![from % P] : 0,
      ),
    ]);
  const columns = reshape(toPoints(map, input.width, across), [-1, N, C, input.height, across, P]);
  const turned = transpose(columns, [1, 5, 2, 0, 4, 3]); // [N, px, C, B, across, h]
  const both = reshape(toPoints(turned, input.height, down), [N, P, C, -1, across, down, P]);
  const ordered = reshape(transpose(both, [0, 1, 6, 2, 3, 4, 5]), [N, P * P, C, -1]);
  const filters = graph.constant(transformed(data, N, C, weights), [N, P * P, C, C]);
  const products = graph.add('MatMul', [filters, ordered]);
  const points = reshape(products, [N, P, P, C, -1, across, down]);
  const rows = reshape(transpose(points, [0, 1, 3, 4, 5, 6, 2]), [N, P, C, -1, across, down * P]);
  const made = transpose(toSums(rows, down, height), [3, 0, 2, 5, 4, 1]); // [B, N, C, h, across, px]
  return toSums(reshape(made, [-1, N * C, height, across * P]), across, width);
}

function band(
  graph: Graph,
  rows: number,
  columns: number,
  value: (row: number, column: number) => number | undefined,
): string {
  const data = Float32Array.from(
    { length: rows * columns },
    (_, i) => value(Math.floor(i / columns), i % columns) ?? 0,
  );
  return graph.constant(data, [rows, columns]);
}

/** [N·C, C, 5, 5] -> [N, px·P + py, C, C]: the filters' values at the points. */
function transformed(
  data: Float32Array,
  N: number,
  C: number,
  weights: readonly (readonly number[])[],
): Float32Array {
  const P = weights.length;
  const result = new Float32Array(N * P * P * C * C);
  for (let filter = 0; filter < N * C * C; filter++) {
    const [neuron, place] = [Math.floor(filter / (C * C)), filter % (C * C)];
    const own = data.subarray(filter * SIDE * SIDE, (filter + 1) * SIDE * SIDE);
    for (const [px, horizontal] of weights.entries()) {
      const rows = Array.from({ length: SIDE }, (_, y) => dot(horizontal, own, y * SIDE));
      for (const [py, vertical] of weights.entries()) {
        result[(neuron * P * P + px * P + py) * C * C + place] = dot(vertical, rows, 0);
      }
    }
  }
  return result;
}

function dot(weights: readonly number[], values: ArrayLike<number>, from: number): number {
  return weights.reduce((sum, weight, i) => sum + weight * values[from + i]!, 0);
}

/**
 * The matrices of Winograd's F(tile, 5), each a list of rows: what values become at the points, what products become
 * in the sums, and what a filter becomes at the points.
 */
function winograd(tile: number) {
  const points = POINTS.slice(0, tile + SIDE - 2);
  const others = points.map((point) => points.filter((other) => other !== point));
  const width = points.length + 1;
  const pad = (row: readonly number[]) => Array.from({ length: width }, (_, i) => row[i] ?? 0);
  return {
    values: [...others, points].map((roots) => pad(polynomial(roots))),
    sums: Array.from({ length: tile }, (_, power) => [
      ...points.map((point) => point ** power),
      power === tile - 1 ? 1 : 0,
    ]),
    weights: [
      ...points.map((point, i) => {
        const scale = others[i]!.reduce((product, other) => product * (point - other), 1);
        return Array.from({ length: SIDE }, (_, power) => point ** power / scale);
      }),
      Array.from({ length: SIDE }, (_, power) => (power === SIDE - 1 ? 1 : 0)),
    ],
  };
}

/** The coefficients of a polynomial with these roots, the constant one first. */
function polynomial(roots: readonly number[]): number[] {
  return roots.reduce<number[]>(
    (product, root) =>
      Array.from(
        { length: product.length + 1 },
        (_, i) => (product[i - 1] ?? 0) - root * (product[i] ?? 0),
      ),
    [1],
  );
}
