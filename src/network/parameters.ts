import type { NamedTensor } from '../formats/safetensors.js';
import { type AnyArchitecture, isShared } from './any-architecture.js';
import { createLayers, READOUTS } from './architecture.js';
import { countElements, type ParameterSpecification } from './layers/specification.js';
import { mapSizes } from './map-sizes.js';
import { randomStream } from './random.js';
import { isOfCore, sharedCoreParameters } from './shared-core/parameters.js';
import { channelsOf, type StimulusSize } from './stimulus-size.js';

/** Whose random numbers those of a core are. */
const CORE = 'core';

/**
 * Names and shapes of the parameters of one network, in the order in which they are stored.
 * Convolutions are [height, width, in, out]; linear maps [in, out]; the readout of a map
 * [height, width, channels].
 */
export function parameterSpecifications(
  architecture: AnyArchitecture,
  stimulus: StimulusSize,
): ParameterSpecification[] {
  if (isShared(architecture)) return sharedCoreParameters(architecture, stimulus);
  const { readout } = mapSizes(architecture, stimulus.height, stimulus.width);
  return [
    ...createLayers(architecture, channelsOf(stimulus)).flatMap(({ parameters }) => parameters),
    ...READOUTS[architecture.readout].parameters(readout, architecture.channels),
  ];
}

/** Number of parameters of one network as the paper counts them, without running statistics. */
export function parameterCount(architecture: AnyArchitecture, stimulus: StimulusSize): number {
  return parameterSpecifications(architecture, stimulus)
    .filter((parameter) => parameter.role !== 'statistic')
    .reduce((sum, parameter) => sum + countElements(parameter.shape), 0);
}

/** Number of parameters that a site learns: those of a network for each neuron, or of a core and its readouts. */
export function siteParameterCount(
  architecture: AnyArchitecture,
  stimulus: StimulusSize,
  neurons: number,
): number {
  return parameterSpecifications(architecture, stimulus)
    .filter((parameter) => parameter.role !== 'statistic')
    .reduce((sum, { name, shape }) => {
      return sum + (isOfCore(name) ? 1 : neurons) * countElements(shape);
    }, 0);
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
      const owners = isOfCore(name) ? [CORE] : neurons;
      const each = countElements(shape);
      const data = new Float32Array(owners.length * each);
      if ('constant' in initial) {
        data.fill(initial.constant);
      } else {
        for (const [row, owner] of owners.entries()) {
          const random = randomStream(seed, 'initial', owner, name);
          for (let i = 0; i < each; i++) {
            data[row * each + i] = (2 * random.uniform() - 1) * initial.uniform;
          }
        }
      }
      return [name, { shape: [owners.length, ...shape], data }];
    }),
  );
}

/** A parameter's rows of some neurons, in the order given; that of a core, which all neurons share, as it is. */
export function selectNeurons(
  name: string,
  tensor: NamedTensor,
  rows: ArrayLike<number>,
): NamedTensor {
  if (isOfCore(name)) return tensor;
  const [, ...shape] = tensor.shape;
  const each = countElements(shape);
  const data = new Float32Array(rows.length * each);
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i]! * each;
    data.set(tensor.data.subarray(from, from + each), i * each);
  }
  return { shape: [rows.length, ...shape], data };
}
