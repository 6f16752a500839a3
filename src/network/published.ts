import type { NamedTensor } from '../formats/safetensors.js';
import { InputError } from '../input-error.js';
import type { Architecture, ArchitectureId } from './architectures.js';
import { parameterSpecifications, type StimulusSize } from './parameters.js';

/**
 * One neuron's parameters under the names and in the layouts of the published PyTorch code, made
 * into this project's.
 * @param published the state of one network: convolutions [out, in, h, w], linear maps [out, in]
 * @returns one array per parameter, without a neuron axis
 * @throws InputError naming the first parameter that is missing or has another shape
 */
export function fromPublished(
  id: ArchitectureId,
  architecture: Architecture,
  stimulus: StimulusSize,
  published: ReadonlyMap<string, NamedTensor>,
): Map<string, NamedTensor> {
  const names = publishedNames(id);
  const specifications = parameterSpecifications(architecture, stimulus);
  return new Map(
    specifications.map(({ name, shape }) => {
      const source = names(name);
      const tensor = published.get(source);
      if (tensor === undefined) throw new InputError(`there is no parameter '${source}'`);
      const length = shape.reduce((product, size) => product * size, 1);
      if (tensor.data.length !== length) {
        throw new InputError(`'${source}' has shape [${tensor.shape}], which is not ${id}'s`);
      }
      return [name, { shape, data: relaid(name, shape, tensor.data) }];
    }),
  );
}

/** This project's parameter names to the published ones. */
function publishedNames(id: ArchitectureId): (name: string) => string {
  const plain = id === 'ff_cnn' || id === 'rf_cnn';
  const layers = plain
    ? ({ alpha: 'layers', beta: 'layers', first: 10, readout: 'Linear' } as const)
    : ({ alpha: 'a_cpbs', beta: 'b_cpbs', first: 0, readout: '' } as const);
  const linear = layers.readout || (id.startsWith('rf') ? 'ctl' : 'fcl');
  const blocks: Readonly<Record<string, string>> = {
    'alpha1.convolution': `${layers.alpha}.0`,
    'alpha1.norm': `${layers.alpha}.2`,
    'alpha2.convolution': `${layers.alpha}.5`,
    'alpha2.norm': `${layers.alpha}.7`,
    'attention.query': 'attention.query_conv',
    'attention.key': 'attention.key_conv',
    'attention.value': 'attention.value_conv',
    'attention.output': 'attention.o_proj',
    'attention.norm': 'layers_sa_reg.0',
    'beta1.convolution': `${layers.beta}.${layers.first}`,
    'beta1.norm': `${layers.beta}.${layers.first + 1}`,
    'beta2.convolution': `${layers.beta}.${layers.first + 4}`,
    'beta2.norm': `${layers.beta}.${layers.first + 5}`,
    readout: linear,
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
