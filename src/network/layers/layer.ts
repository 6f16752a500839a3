import type * as tf from '@tensorflow/tfjs';
import type { FoldedLayer, FoldedPlace, NeuronParameters } from './fold.js';
import type { MapSize } from './map.js';
import type { ParameterSpecification } from './specification.js';

/**
 * One layer of a network, from a map of channels to another. A new kind is a file of this folder and a place
 * in architecture.ts. Layers do not load tfjs: what computes with them hands in the operations.
 */
export interface Layer {
  /** Begins the names of its parameters. */
  readonly block: string;
  /** In the order in which they are stored. */
  readonly parameters: readonly ParameterSpecification[];
  /** Whether channel dropout follows it in training. */
  readonly hasDropout: boolean;
  readonly operation: LayerOperation;
  outputSize(input: MapSize): MapSize;
  /** The part of its input that a part of its output is computed from. */
  requiredPart(part: Box, input: MapSize): Box;
  /** Multiplications, each with its addition, of a neuron's part of the output. */
  multiplications(output: MapSize): number;
  /** [B, h, w, N·in] -> [B, h', w', N·out], without the dropout. */
  forward(map: tf.Tensor4D, pass: ForwardPass): tf.Tensor4D;
  /** Rewrites it and its batch norm as what an engine computes. */
  fold(place: FoldedPlace): FoldedLayer;
}

/** What a layer computes before its batch norm and its sigmoid. */
export interface LayerOperation {
  /**
   * A pooled 5x5 convolution of the stimuli (`ofStimulus`) or of maps (`byTiles`), another convolution (`direct`), or
   * attention, by what its values are (`identity`, `mapped`).
   */
  readonly kind: 'ofStimulus' | 'byTiles' | 'direct' | 'identity' | 'mapped';
  /** The side of the convolution; 1 of attention. */
  readonly kernel: number;
}

/** The last layer: a weighted sum of a map. */
export interface Readout {
  /** The fewest cells that its map may have. */
  readonly minCells: number;
  /** The linear map whose sums are the input of the output's nonlinearity. */
  readonly last: string;
  parameters(map: MapSize, channels: number): ParameterSpecification[];
  /** The part of the map that it reads. */
  requiredPart(map: MapSize): Box;
  /** [B, h, w, N·C] -> [B, N] */
  forward(map: tf.Tensor4D, pass: ReadoutPass): tf.Tensor2D;
  /** The terms of that sum (Lin et al. 2025). */
  terms(map: tf.Tensor4D, pass: ReadoutPass): ReadoutTerms;
  /**
   * One neuron's sum over the part of the map that it reads.
   * @param map the size of that part
   */
  fold(parameters: NeuronParameters, map: MapSize, channels: number): FoldedSum;
}

/** A part of a map or of a stimulus. */
export interface Box extends MapSize {
  readonly top: number;
  readonly left: number;
}

/** The operations and parameters of a forward pass of a population. */
export interface ForwardPass {
  /** @throws Error when there is no parameter of that name */
  take(name: string): tf.Tensor;
  /** Valid convolution of each neuron's channels with the filters of a block, without the bias. */
  convolve(block: string, map: tf.Tensor4D): tf.Tensor4D;
  /** That of the stimuli, [B, h, w, 1 or 3], and its 2x2 max pool. */
  convolveStimuliAndPool(block: string, stimuli: tf.Tensor4D): tf.Tensor4D;
  maxPool(map: tf.Tensor4D): tf.Tensor4D;
  addBias(block: string, map: tf.Tensor4D): tf.Tensor4D;
  /** The batch norm of a block, and a sigmoid. */
  activate(block: string, map: tf.Tensor4D): tf.Tensor4D;
  /** Takes the centre hypercolumn's attention, [B, N, cells]. */
  collectAttention(centre: tf.Tensor3D): void;
}

/** Those of a readout. */
export interface ReadoutPass {
  /** A linear map by its name. */
  linear(name: string): LinearReadout;
  /** The weighted sum of some cells and all their channels, plus a bias: [B, N]. */
  read(map: tf.Tensor4D, linear: LinearReadout, cells: ReadCells): tf.Tensor2D;
  readonly tf: Pick<typeof tf, 'split' | 'tensor3d' | 'unstack' | 'zeros' | 'zerosLike'>;
}

/** A linear readout of each neuron: weight [N, ...cells, C], bias [N, 1]. */
export interface LinearReadout {
  readonly weight: tf.Tensor;
  readonly bias: tf.Tensor2D;
}

/** Which cells of a map a readout sees. */
export type ReadCells = 'whole' | 'centre' | 'surround';

/**
 * The terms of the readout's sum: centre + surround + bias is the input of the output's nonlinearity. Each [B, N].
 */
export type ReadoutTerms = {
  /** What the centre hypercolumn adds. */
  readonly centre: tf.Tensor2D;
  /** What all the other cells add together; 0 where the readout sees the centre alone. */
  readonly surround: tf.Tensor2D;
  /** The same for every image. */
  readonly bias: tf.Tensor2D;
};

/** A weighted sum of a map, with a weight for each cell and channel. */
export interface FoldedSum {
  readonly weight: (cell: number, channel: number) => number;
  readonly bias: number;
}

/** An ONNX graph under construction: each call names the value that it adds. */
export interface OnnxGraph {
  /** Adds an operation of ONNX, and gives the name of its output. */
  add(
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, number | readonly number[]>>,
  ): string;
  /** Numbers of the graph, float32. */
  constant(data: Float32Array, shape: readonly number[]): string;
  /** A list of whole numbers, such as a shape. */
  integers(values: readonly number[]): string;
}
