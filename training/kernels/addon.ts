import { fileURLToPath } from 'node:url';
import { loadNativeAddon } from '../../src/files/native-addon.js';

declare const NEURONS: unique symbol;
/** The memory of some blocks of a population, as the addon knows it. */
export type NativeNeurons = { readonly [NEURONS]: true };

/** The kinds of blocks, as Kind of blocks.h numbers them. */
export const BLOCK_KINDS = { ofStimulus: 0, byTiles: 1, direct: 2 } as const;

/** The parameters of a block of all neurons: each [neuron, ...]. */
export type NativeBlock = readonly [
  /** [neuron, row, column, from, to] */
  filters: Float32Array,
  /** [neuron, channel], as those that follow. */
  bias: Float32Array,
  scale: Float32Array,
  shift: Float32Array,
  /** Running statistics; empty where those of the batch are used. */
  mean: Float32Array,
  variance: Float32Array,
  /** Factors, [image, neuron, channel]; empty where there is no dropout. */
  dropout: Float32Array,
];

/** A batch as the addon takes it. */
export type NativeBatch = readonly [
  neurons: NativeNeurons,
  images: number,
  /** Stimuli, [image, row, column, channel], or maps, [image, row, column, neuron, channel]. */
  input: Float32Array,
  blocks: readonly NativeBlock[],
];

/** The addon, whose code is in the .c files of this folder. It throws an Error where an argument is wrong. */
export interface Addon {
  /** The instructions of the CPU that it uses, such as AVX-512. */
  readonly instructions: string;
  /**
   * @param sizes neurons, images of a batch at most, height, width and channels of the input, channels of the maps, threads
   * @param blocks kind and kernel of each, one after the other
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
   * @param gradients get those of filters, scale and shift of each block; that of a bias is zero
   * @param ofInput gets the gradient of maps; not written where the input is stimuli
   */
  backward(
    ...batch: [
      ...NativeBatch,
      gradient: Float32Array,
      gradients: readonly Float32Array[],
      ofInput: Float32Array,
    ]
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
