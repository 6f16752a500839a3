import { InputError } from '../errors.js';
import type { NamedTensor } from '../formats/safetensors.js';
import type { Architecture } from './architecture.js';
import { ArchitectureId } from './architectures/id.js';
import { ARCHITECTURES } from './architectures/index.js';
import type { ParameterSpecification } from './layers/specification.js';
import { parameterSpecifications } from './parameters.js';
import type { StimulusSize } from './stimulus-size.js';

/** A parameter of a published network. */
export interface PublishedParameter {
  /** Its name in the published code. */
  readonly name: string;
  /** Its shape there: convolutions [out, in, h, w], linear maps [out, in]. */
  readonly shape: readonly number[];
  /** The parameter that it becomes here. */
  readonly own: ParameterSpecification;
}

/** The shapes of a network's parameters, by the published names. */
export type PublishedShapes = ReadonlyMap<string, { readonly shape: readonly number[] }>;

/** More than any of these networks can use; bounds the memory that a corrupted file can claim. */
const MAX_CHANNELS = 256;

/** The parameters of a published network, in the order in which they are stored here. */
export function publishedParameters(
  id: ArchitectureId,
  architecture: Architecture,
  stimulus: StimulusSize,
): PublishedParameter[] {
  const names = publishedNames(id);
  return parameterSpecifications(architecture, stimulus).map((own) => ({
    name: names(own.name),
    shape: publishedShape(own),
    own,
  }));
}

/**
 * One neuron's parameters under the names and in the layouts of the published PyTorch code, made
 * into this project's.
 * @param published the state of one network
 * @returns one array per parameter, without a neuron axis
 * @throws InputError as `checkPublished`
 */
export function fromPublished(
  id: ArchitectureId,
  architecture: Architecture,
  stimulus: StimulusSize,
  published: ReadonlyMap<string, NamedTensor>,
): Map<string, NamedTensor> {
  checkPublished(id, architecture, stimulus, published);
  return new Map(
    publishedParameters(id, architecture, stimulus).map(({ name, own }) => {
      const { data } = published.get(name)!;
      return [own.name, { shape: own.shape, data: relaid(own.name, own.shape, data) }];
    }),
  );
}

/**
 * Checks the state of a network against a published one. The number of batches that a batch norm has seen
 * (`num_batches_tracked`) may be there; it is not used.
 * @throws InputError naming the first parameter that is missing, of another shape, or too many
 */
export function checkPublished(
  id: ArchitectureId,
  architecture: Architecture,
  stimulus: StimulusSize,
  published: PublishedShapes,
): void {
  const parameters = publishedParameters(id, architecture, stimulus);
  const network = `${id} with ${architecture.channels} channels`;
  for (const { name, shape } of parameters) {
    const found = published.get(name)?.shape;
    if (found === undefined) {
      throw new InputError(
        `it has no '${name}'; ${network} has one of shape [${shape.join(', ')}]`,
      );
    }
    if (found.length !== shape.length || found.some((size, axis) => size !== shape[axis])) {
      throw new InputError(
        `its '${name}' has shape [${found.join(', ')}]; that of ${network}, for stimuli of ` +
          `${stimulus.height}x${stimulus.width} pixels, has [${shape.join(', ')}]`,
      );
    }
  }
  const known = new Set(
    parameters.flatMap(({ name }) => [name, name.replace(/running_mean$/, 'num_batches_tracked')]),
  );
  const unknown = [...published.keys()].find((name) => !known.has(name));
  if (unknown !== undefined) throw new InputError(`its '${unknown}' is nothing of ${network}`);
}

/**
 * A published architecture with as many channels as the first convolution of a state has; with its
 * own number where the state does not say.
 */
export function withPublishedChannels(
  id: ArchitectureId,
  published: PublishedShapes,
): Architecture {
  const convolution = published.get(publishedNames(id)('alpha1.convolution.weight'));
  const channels = convolution?.shape[0] ?? 0;
  const own = ARCHITECTURES[id].network;
  return channels > 0 && channels <= MAX_CHANNELS ? { ...own, channels } : own;
}

/** The architectures whose state this is, to the last name and shape, with any number of channels. */
export function architecturesThatFit(
  stimulus: StimulusSize,
  published: PublishedShapes,
): ArchitectureId[] {
  return ArchitectureId.options.filter((id) => {
    try {
      checkPublished(id, withPublishedChannels(id, published), stimulus, published);
      return true;
    } catch (error) {
      if (error instanceof InputError) return false;
      throw error;
    }
  });
}

/** This project's parameter names to the published ones. */
function publishedNames(id: ArchitectureId): (name: string) => string {
  const { alpha, beta, firstBeta, readout } = ARCHITECTURES[id].published;
  const blocks: Readonly<Record<string, string>> = {
    'alpha1.convolution': `${alpha}.0`,
    'alpha1.norm': `${alpha}.2`,
    'alpha2.convolution': `${alpha}.5`,
    'alpha2.norm': `${alpha}.7`,
    'attention.query': 'attention.query_conv',
    'attention.key': 'attention.key_conv',
    'attention.value': 'attention.value_conv',
    'attention.output': 'attention.o_proj',
    'attention.norm': 'layers_sa_reg.0',
    'beta1.convolution': `${beta}.${firstBeta}`,
    'beta1.norm': `${beta}.${firstBeta + 1}`,
    'beta2.convolution': `${beta}.${firstBeta + 4}`,
    'beta2.norm': `${beta}.${firstBeta + 5}`,
    readout,
    'readout.centre': 'fcl_center',
    'readout.surround': 'fcl_surr',
    'readout.combiner': 'fcl_comb',
  };
  const norm: Readonly<Record<string, string>> = {
    scale: 'weight',
    shift: 'bias',
    mean: 'running_mean',
    variance: 'running_var',
  };
  return (name) => {
    if (name === 'attention.gamma') return name;
    const dot = name.lastIndexOf('.');
    const [block, entry] = [name.slice(0, dot), name.slice(dot + 1)];
    return `${blocks[block]}.${block.endsWith('.norm') ? norm[entry] : entry}`;
  };
}

function publishedShape({ name, shape }: ParameterSpecification): number[] {
  if (!name.endsWith('.weight')) return [...shape];
  if (name.startsWith('readout')) return [1, shape.reduce((product, size) => product * size, 1)];
  const [from, to] = shape.slice(-2) as [number, number];
  const [height, width] = shape.length === 4 ? shape : [1, 1];
  return [to, from, height!, width!];
}

/** Published weights are [out, in, cells]; here they are [cells, in, out]. */
function relaid(name: string, shape: readonly number[], data: ArrayLike<number>): Float32Array {
  const result = Float32Array.from(data);
  if (shape.length === 1) return result;
  // a readout has one output, which its shape leaves out
  const [from, to] = (name.startsWith('readout') ? [...shape, 1] : shape).slice(-2) as [
    number,
    number,
  ];
  const cells = result.length / (from * to);
  for (let cell = 0; cell < cells; cell++) {
    for (let input = 0; input < from; input++) {
      for (let output = 0; output < to; output++) {
        result[(cell * from + input) * to + output] = data[(output * from + input) * cells + cell]!;
      }
    }
  }
  return result;
}
