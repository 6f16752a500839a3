import type { NamedTensor } from '../formats/safetensors.js';
import {
  ALPHA_KERNEL,
  type Architecture,
  ATTENTION_CHANNELS,
  type MapSize,
  mapSizes,
} from './architecture.js';
import { randomStream } from './random.js';

/** How a parameter begins, as PyTorch's layers begin. */
type Initial = { readonly uniform: number } | { readonly constant: number };

/** One parameter of one network. */
export interface ParameterSpecification {
  readonly name: string;
  /** Of one neuron; a population stacks its neurons in front. */
  readonly shape: readonly number[];
  readonly initial: Initial;
  /**
   * `statistic`: a running mean or variance, which follows the data; `idle`: there because the
   * published network has it, but nothing reads it.
   */
  readonly role: 'learned' | 'idle' | 'statistic';
}

/** Of a stimulus, in pixels. */
export interface StimulusSize {
  readonly height: number;
  readonly width: number;
}

/**
 * Names and shapes of the parameters of one network, in the order in which they are stored.
 * Convolutions are [height, width, in, out]; linear maps [in, out]; the readout of a map
 * [height, width, channels].
 */
export function parameterSpecifications(
  architecture: Architecture,
  stimulus: StimulusSize,
): ParameterSpecification[] {
  const { channels, betaKernel, attention } = architecture;
  const sizes = mapSizes(architecture, stimulus.height, stimulus.width);
  return [
    ...convolution('alpha1', ALPHA_KERNEL, 1, channels),
    ...norm('alpha1', channels),
    ...convolution('alpha2', ALPHA_KERNEL, channels, channels),
    ...norm('alpha2', channels),
    ...(attention === 'none' ? [] : attentionParameters(attention, channels)),
    ...convolution('beta1', betaKernel, channels, channels),
    ...norm('beta1', channels),
    ...convolution('beta2', betaKernel, channels, channels),
    ...norm('beta2', channels),
    ...readoutParameters(architecture, sizes.readout),
  ];
}

/** Number of parameters of one network as the paper counts them, without running statistics. */
export function parameterCount(architecture: Architecture, stimulus: StimulusSize): number {
  return parameterSpecifications(architecture, stimulus)
    .filter((parameter) => parameter.role !== 'statistic')
    .reduce((sum, parameter) => sum + size(parameter.shape), 0);
}

/**
 * Fresh parameters for a population, PyTorch's defaults: uniform in ±1/sqrt(fan in) for
 * convolutions and linear maps. A neuron's begin with its own id and the seed alone.
 * @param neurons ids
 */
export function initialParameters(
  specifications: readonly ParameterSpecification[],
  neurons: readonly number[],
  seed: number,
): Map<string, NamedTensor> {
  return new Map(
    specifications.map(({ name, shape, initial }) => {
      const each = size(shape);
      const data = new Float32Array(neurons.length * each);
      if ('constant' in initial) {
        data.fill(initial.constant);
      } else {
        for (const [row, neuron] of neurons.entries()) {
          const random = randomStream(seed, 'initial', neuron, name);
          for (let i = 0; i < each; i++) {
            data[row * each + i] = (2 * random.uniform() - 1) * initial.uniform;
          }
        }
      }
      return [name, { shape: [neurons.length, ...shape], data }];
    }),
  );
}

/** The rows of some neurons, in the order given. */
export function selectNeurons(tensor: NamedTensor, rows: ArrayLike<number>): NamedTensor {
  const [, ...shape] = tensor.shape;
  const each = size(shape);
  const data = new Float32Array(rows.length * each);
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i]! * each;
    data.set(tensor.data.subarray(from, from + each), i * each);
  }
  return { shape: [rows.length, ...shape], data };
}

function convolution(block: string, kernel: number, from: number, to: number) {
  const bound = 1 / Math.sqrt(kernel * kernel * from);
  return affine(`${block}.convolution`, [kernel, kernel, from, to], to, bound);
}

function norm(block: string, channels: number): ParameterSpecification[] {
  const entry = (name: string, constant: number, role: 'learned' | 'statistic') => ({
    name: `${block}.norm.${name}`,
    shape: [channels],
    initial: { constant },
    role,
  });
  return [
    entry('scale', 1, 'learned'),
    entry('shift', 0, 'learned'),
    entry('mean', 0, 'statistic'),
    entry('variance', 1, 'statistic'),
  ];
}

function attentionParameters(
  attention: 'identity' | 'mapped',
  channels: number,
): ParameterSpecification[] {
  const projection = (
    name: string,
    from: number,
    to: number,
    role: 'learned' | 'idle' = 'learned',
  ) => affine(`attention.${name}`, [from, to], to, 1 / Math.sqrt(from), role);
  const mapping = attention === 'mapped' ? 'learned' : 'idle';
  return [
    { name: 'attention.gamma', shape: [1], initial: { constant: 0 }, role: 'learned' },
    ...projection('query', channels, ATTENTION_CHANNELS),
    ...projection('key', channels, ATTENTION_CHANNELS),
    ...projection('value', channels, ATTENTION_CHANNELS, mapping),
    ...projection('output', ATTENTION_CHANNELS, channels, mapping),
    ...norm('attention', channels),
  ];
}

function readoutParameters(
  { channels, readout }: Architecture,
  map: MapSize,
): ParameterSpecification[] {
  const cells = map.height * map.width;
  const linear = (name: string, shape: number[]) =>
    affine(name, shape, 1, 1 / Math.sqrt(size(shape)));
  switch (readout) {
    case 'full':
      return linear('readout', [map.height, map.width, channels]);
    case 'centre':
      return linear('readout', [1, 1, channels]);
    case 'split':
      return [
        ...linear('readout.centre', [1, channels]),
        ...linear('readout.surround', [cells - 1, channels]),
        ...linear('readout.combiner', [2]),
      ];
  }
}

function affine(
  name: string,
  shape: readonly number[],
  outputs: number,
  bound: number,
  role: 'learned' | 'idle' = 'learned',
): ParameterSpecification[] {
  const initial = { uniform: bound };
  return [
    { name: `${name}.weight`, shape, initial, role },
    { name: `${name}.bias`, shape: [outputs], initial, role },
  ];
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
