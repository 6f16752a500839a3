import * as tf from '@tensorflow/tfjs';
import type { Architecture } from '../../src/network/architecture.js';
import { type Parameters, type TrainingMode, takeFrom } from '../../src/network/block-pass.js';
import type { BlockOperations, ComputedLayer } from '../../src/network/forward.js';
import {
  type Addon,
  BLOCK_KINDS,
  BLOCK_WEIGHTS,
  type NativeBatch,
  type NativeBlock,
} from './addon.js';
import { holdNeurons } from './held-neurons.js';

const NONE = new Float32Array();

/** Kernels that compute the blocks of a population. They hold memory until they are disposed. */
export interface BlockKernels extends BlockOperations {
  dispose(): void;
}

/**
 * Computes the layers of networks before their readouts, and the gradients of their parameters, with kernels in C instead
 * of tfjs. They take nearly all of the time of a training. tfjs computes the readouts, on a backend of the CPU.
 *
 * A batch norm subtracts the mean, and a softmax what is the same for all keys, so that some biases change nothing: their
 * gradients are exactly zero, where the rounding errors of other implementations make Adam move them.
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
    compute(layers, parameters, stimuli, training) {
      const names = layers.flatMap(learnedNames);
      const compute = tf.customGrad((...inputs) => {
        inputs.pop(); // a function of tfjs that saves tensors, which are kept here anyway
        return forward(layers, parameters, stimuli, inputs as tf.Tensor[], training);
      });
      return compute(...names.map((name) => takeFrom(parameters, name))) as tf.Tensor4D;
    },
    dispose: () => held.release(),
  };

  /** @param learned as learnedNames, of each layer */
  function forward(
    layers: readonly ComputedLayer[],
    parameters: Parameters,
    stimuli: tf.Tensor4D,
    learned: readonly tf.Tensor[],
    training: TrainingMode | undefined,
  ) {
    const neurons = learned[0]!.shape[0]!;
    const [images, height, width, seen] = stimuli.shape;
    const row = neurons * channels;
    const modes = layers.map(({ block }) => (training?.isStill?.(block) ? undefined : training));
    const batch: NativeBatch = [
      held.hold(
        { neurons, images, height, width, seen, channels, threads },
        layers.flatMap(({ operation }) => [BLOCK_KINDS[operation.kind], operation.kernel]),
      ),
      images,
      stimuli.dataSync<'float32'>(),
      layers.map((layer, i) => readBlock(layer, parameters, modes[i])),
    ];
    const size = layers.reduce((map, layer) => layer.outputSize(map), { height, width });
    const shape = [images, size.height, size.width, row] as const;
    const map = new Float32Array(shape.reduce((product, length) => product * length));
    const statistics = layers.flatMap(() => [new Float32Array(row), new Float32Array(row)]);
    addon.forward(...batch, map, statistics);
    for (const [i, { block }] of layers.entries()) {
      const [mean, variance] = statistics.slice(2 * i) as [Float32Array, Float32Array];
      modes[i]?.collect(block, { mean: tf.tensor1d(mean), variance: tf.tensor1d(variance) });
    }
    const gradFunc = (dy: tf.Tensor) => backward(layers, batch, dy, learned);
    return { value: tf.tensor4d(map, [...shape]), gradFunc };
  }

  /** @returns the gradients of what is learned */
  function backward(
    layers: readonly ComputedLayer[],
    batch: NativeBatch,
    dy: tf.Tensor,
    learned: readonly tf.Tensor[],
  ): tf.Tensor[] {
    const gradients = learned.map(({ size }) => new Float32Array(size));
    let first = 0;
    const computed = layers.map((layer) => {
      const own = gradients.slice(first, first + learnedNames(layer).length);
      first += own.length;
      return own.slice(0, namesWithGradient(layer).length);
    });
    addon.backward(...batch, dy.dataSync<'float32'>(), computed);
    return gradients.map((data, i) => tf.tensor(data, learned[i]!.shape, 'float32'));
  }
}

/** Names of parameters, in the order in which the addon writes their gradients. */
function namesWithGradient({ block, operation }: ComputedLayer): string[] {
  const names = [...BLOCK_WEIGHTS[operation.kind].withGradient, 'norm.scale', 'norm.shift'];
  return names.map((name) => `${block}.${name}`);
}

/** Names of all learned parameters; those that follow the ones with a gradient have the gradient zero. */
function learnedNames(layer: ComputedLayer): string[] {
  const { biases, unread } = BLOCK_WEIGHTS[layer.operation.kind];
  const others = [...biases, ...unread].map((name) => `${layer.block}.${name}`);
  return [...namesWithGradient(layer), ...others];
}

function readBlock(
  { block, operation }: ComputedLayer,
  parameters: Parameters,
  mode: TrainingMode | undefined,
): NativeBlock {
  const read = (name: string) => takeFrom(parameters, `${block}.${name}`).dataSync<'float32'>();
  const { withGradient, biases } = BLOCK_WEIGHTS[operation.kind];
  const dropout = mode?.dropout?.[block];
  return [
    ...[...withGradient, ...biases, 'norm.scale', 'norm.shift'].map(read),
    ...['norm.mean', 'norm.variance'].map((name) => (mode ? NONE : read(name))),
    dropout ? dropout.dataSync<'float32'>() : NONE,
  ];
}
