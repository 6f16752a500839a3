import { fileURLToPath } from 'node:url';
import { loadNativeAddon } from '../../src/files/native-addon.js';
import type { LayerOperation } from '../../src/network/layers/layer.js';

declare const NEURONS: unique symbol;
/** The memory of some blocks of a population, as the addon knows it. */
export type NativeNeurons = { readonly [NEURONS]: true };

/** The kinds of blocks, as Kind of blocks.h numbers them. */
export const BLOCK_KINDS: Readonly<Record<LayerOperation['kind'], number>> = {
  ofStimulus: 0,
  byTiles: 1,
  direct: 2,
  identity: 3,
  mapped: 4,
};

/** Names of the learned weights of a block, before its batch norm. */
interface BlockWeights {
  /** In the order in which blocks.h numbers them, as `biases`, which follow. */
  readonly withGradient: readonly string[];
  /** A batch norm subtracts what they add, so that their gradients are zero. */
  readonly biases: readonly string[];
  /** Those that change nothing, which the addon does not take. */
  readonly unread: readonly string[];
}

const CONVOLUTION: BlockWeights = {
  withGradient: ['convolution.weight'],
  biases: ['convolution.bias'],
  unread: [],
};
/** The bias of the keys adds the same to all scores of a cell, which their softmax takes away. */
const IDENTITY: BlockWeights = {
  withGradient: ['gamma', 'query.weight', 'query.bias', 'key.weight'],
  biases: [],
  unread: ['key.bias'],
};
const MAPPED: BlockWeights = {
  withGradient: [...IDENTITY.withGradient, 'value.weight', 'output.weight'],
  biases: ['value.bias', 'output.bias'],
  unread: IDENTITY.unread,
};

export const BLOCK_WEIGHTS: Readonly<Record<LayerOperation['kind'], BlockWeights>> = {
  ofStimulus: CONVOLUTION,
  byTiles: CONVOLUTION,
  direct: CONVOLUTION,
  identity: IDENTITY,
  mapped: MAPPED,
};

/**
 * The parameters of a block of all neurons: its weights and biases, [neuron, ...] each, and then, [neuron, channel],
 * scale, shift, running mean and running variance, and factors of dropout, [image, neuron, channel]. Running statistics
 * are empty where those of the batch are used, and factors where there is no dropout.
 */
export type NativeBlock = readonly Float32Array[];

/** A batch as the addon takes it. */
export type NativeBatch = readonly [
  neurons: NativeNeurons,
  images: number,
  /** [image, row, column, channel] */
  stimuli: Float32Array,
  blocks: readonly NativeBlock[],
];

/** The addon, whose code is in the .c files of this folder. It throws an Error where an argument is wrong. */
export interface Addon {
  /** The instructions of the CPU that it uses, such as AVX-512. */
  readonly instructions: string;
  /**
   * @param sizes neurons, images of a batch at most, height, width and channels of the stimuli, channels of the maps, threads
   * @param blocks kind and kernel of each, one after the other; the first, and no other, is of the stimuli
   */
  create(sizes: readonly number[], blocks: readonly number[]): NativeNeurons;
  /**
   * Computes on threads, and returns when they are done.
   * @param map gets what the last block gives, [image, row, column, neuron, channel]
   * @param statistics get mean and variance, [neuron, channel], of each block, where those of the batch are used
   */
  forward(...batch: [...NativeBatch, map: Float32Array, statistics: readonly Float32Array[]]): void;
  /**
   * After a forward pass of the same batch.
   * @param gradient of the map
   * @param gradients of each block, get those of the weights with a gradient, of scale and of shift
   */
  backward(
    ...batch: [
      ...NativeBatch,
      gradient: Float32Array,
      gradients: readonly (readonly Float32Array[])[],
    ]
  ): void;
  /**
   * A step of Adam.
   * @param numbers in the order of AdamNumbers of blocks.h
   * @param before parameter, gradient, and the means of the gradient and of its square
   * @param after get the parameter and the means
   */
  adam(
    numbers: Float32Array,
    before: readonly Float32Array[],
    after: readonly Float32Array[],
  ): void;
  /** Frees the memory, which nothing may use afterwards. */
  release(neurons: NativeNeurons): void;
}

/** Where `npm run build` puts the compiled addon. */
export const ADDON_FILE = fileURLToPath(
  new URL(`./blocks-${process.platform}-${process.arch}.node`, import.meta.url),
);

/** @returns undefined where it was not compiled, or the CPU has none of its instructions */
export function loadAddon(file = ADDON_FILE): Addon | undefined {
  const addon = loadNativeAddon(file) as Partial<Addon> | undefined;
  return addon?.instructions === undefined ? undefined : (addon as Addon);
}
