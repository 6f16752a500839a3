import * as tf from '@tensorflow/tfjs';
import type { Architecture } from '../../src/network/architecture.js';
import { type Parameters, type TrainingMode, takeFrom } from '../../src/network/block-pass.js';
import type { BlockOperations, ConvolutionBlock } from '../../src/network/forward.js';
import { type Addon, BLOCK_KINDS, type NativeBatch, type NativeBlock } from './addon.js';
import { holdNeurons } from './held-neurons.js';

const NONE = new Float32Array();
/** Learned parameters of a block, in the order of the addon's. */
const LEARNED = ['convolution.weight', 'convolution.bias', 'norm.scale', 'norm.shift'] as const;
/** The place of the one without a gradient. */
const BIAS = LEARNED.indexOf('convolution.bias');

/** Kernels that compute the blocks of a population. They hold memory until they are disposed. */
export interface BlockKernels extends BlockOperations {
  dispose(): void;
}

/**
 * Computes the convolution blocks of networks, and the gradients of their parameters, with kernels in C instead of tfjs.
 * They take nearly all of the time of a training. tfjs computes the other layers, on a backend of the CPU.
 *
 * The batch norm of a block subtracts the mean, so that the bias of its convolution changes nothing: its gradient is
 * exactly zero, where the rounding errors of other implementations make Adam move it.
 * @param threads that share the neurons
 * @example
 * const kernels = createBlockKernels(loadAddon()!, ARCHITECTURES.ff_cnn.network, 2);
 * const learner = createLearner(architecture, specifications, initial, undefined, {
 *   respond: wholeNetwork(architecture, kernels),
 * });
 */
export function createBlockKernels(
  addon: Addon,
  { channels }: Pick<Architecture, 'channels'>,
  threads: number,
): BlockKernels {
  const held = holdNeurons(addon);

  return {
    compute(blocks, parameters, input, training) {
      const names = blocks.flatMap(({ block }) => LEARNED.map((name) => `${block}.${name}`));
      const compute = tf.customGrad((...inputs) => {
        inputs.pop(); // a function of tfjs that saves tensors, which are kept here anyway
        const [map, ...learned] = inputs as [tf.Tensor4D, ...tf.Tensor[]];
        return forward(blocks, parameters, map, learned, training);
      });
      return compute(input, ...names.map((name) => takeFrom(parameters, name))) as tf.Tensor4D;
    },
    dispose: () => held.release(),
  };

  /** @param learned as LEARNED, of each block */
  function forward(
    blocks: readonly ConvolutionBlock[],
    parameters: Parameters,
    input: tf.Tensor4D,
    learned: readonly tf.Tensor[],
    training: TrainingMode | undefined,
  ) {
    const neurons = learned[0]!.shape[0]!;
    const [images, height, width, depth] = input.shape;
    const row = neurons * channels;
    const seen = blocks[0]!.kind === 'ofStimulus' ? depth : channels;
    const modes = blocks.map(({ block }) => (training?.isStill?.(block) ? undefined : training));
    const batch: NativeBatch = [
      held.hold(
        { neurons, images, height, width, seen, channels, threads },
        blocks.flatMap(({ kind, kernel }) => [BLOCK_KINDS[kind], kernel]),
      ),
      images,
      input.dataSync<'float32'>(),
      blocks.map(({ block }, i) =>
        readBlock(block, parameters, learned.slice(LEARNED.length * i), modes[i]),
      ),
    ];
    const size = blocks.reduce((map, block) => block.outputSize(map), { height, width });
    const shape = [images, size.height, size.width, row] as const;
    const map = new Float32Array(shape.reduce((product, length) => product * length));
    const statistics = blocks.flatMap(() => [new Float32Array(row), new Float32Array(row)]);
    addon.forward(...batch, map, statistics);
    for (const [i, { block }] of blocks.entries()) {
      const [mean, variance] = statistics.slice(2 * i) as [Float32Array, Float32Array];
      modes[i]?.collect(block, { mean: tf.tensor1d(mean), variance: tf.tensor1d(variance) });
    }
    const gradFunc = (dy: tf.Tensor) => backward(batch, dy, input, learned);
    return { value: tf.tensor4d(map, [...shape]), gradFunc };
  }

  /** @returns the gradients of the input, which is zero for stimuli, and of the parameters */
  function backward(
    batch: NativeBatch,
    dy: tf.Tensor,
    input: tf.Tensor4D,
    learned: readonly tf.Tensor[],
  ): tf.Tensor[] {
    const ofInput = new Float32Array(input.size);
    const gradients = learned.map(({ size }) => new Float32Array(size));
    const computed = gradients.filter((_, i) => i % LEARNED.length !== BIAS);
    addon.backward(...batch, dy.dataSync<'float32'>(), computed, ofInput);
    return [
      tf.tensor4d(ofInput, input.shape),
      ...gradients.map((data, i) => tf.tensor(data, learned[i]!.shape, 'float32')),
    ];
  }
}

function readBlock(
  block: string,
  parameters: Parameters,
  learned: readonly tf.Tensor[],
  mode: TrainingMode | undefined,
): NativeBlock {
  const read = (tensor: tf.Tensor) => tensor.dataSync<'float32'>();
  const [filters, bias, scale, shift] = LEARNED.map((_, i) => read(learned[i]!));
  const statistic = (name: string) =>
    mode ? NONE : read(takeFrom(parameters, `${block}.norm.${name}`));
  const dropout = mode?.dropout?.[block];
  return [
    filters!,
    bias!,
    scale!,
    shift!,
    statistic('mean'),
    statistic('variance'),
    dropout ? read(dropout) : NONE,
  ];
}
