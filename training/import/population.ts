import { InputError } from '../../src/errors.js';
import type { NamedTensor } from '../../src/formats/safetensors.js';
import type { Architecture } from '../../src/network/architecture.js';
import type { ArchitectureId } from '../../src/network/architectures/index.js';
import {
  architecturesThatFit,
  checkPublished,
  fromPublished,
  publishedParameters,
  withPublishedChannels,
} from '../../src/network/published.js';
import type { StimulusSize } from '../../src/network/stimulus-size.js';
import { stackPopulations } from '../data/rows.js';
import type { Checkpoint } from './checkpoints.js';
import { withSubject } from './named-error.js';
import type { StateDict } from './tensor.js';

/** The networks of several neurons, as read. */
export interface ImportedPopulation {
  readonly architecture: Architecture;
  /** In ascending order. */
  readonly neurons: readonly number[];
  /** Neurons stacked on the first axis. */
  readonly weights: Map<string, NamedTensor>;
  /** sha256 of each file that was read, by its name. */
  readonly digests: Readonly<Record<string, string>>;
}

/**
 * Makes a population of the states of networks of one published architecture; it has the channels
 * that the first of them has.
 * @throws InputError naming the file and the parameter in which a state is of another architecture
 */
export async function readPopulation(
  checkpoints: AsyncIterable<Checkpoint>,
  id: ArchitectureId,
  stimulus: StimulusSize,
): Promise<ImportedPopulation> {
  const neurons: number[] = [];
  const networks: Map<string, NamedTensor>[] = [];
  const digests: Record<string, string> = {};
  let first: { readonly where: string; readonly architecture: Architecture } | undefined;
  for await (const { neuron, where, file, digest, state } of checkpoints) {
    first ??= { where, architecture: withPublishedChannels(id, state) };
    const { architecture } = first;
    const alike = where === first.where ? '' : `, as ${first.where} is`;
    networks.push(
      await withSubject(`${where}:`, () => readNetwork(id, architecture, stimulus, state, alike)),
    );
    neurons.push(neuron);
    digests[file] = digest;
  }
  if (first === undefined) throw new InputError('there are no networks');
  return {
    architecture: first.architecture,
    neurons,
    weights: stackPopulations(networks),
    digests,
  };
}

/** @returns parameters [1, ...] each */
async function readNetwork(
  id: ArchitectureId,
  architecture: Architecture,
  stimulus: StimulusSize,
  state: StateDict,
  alike: string,
): Promise<Map<string, NamedTensor>> {
  try {
    checkPublished(id, architecture, stimulus, state);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${error.message}${alike}${suggestion(id, stimulus, state)}`, [], {
      cause: error,
    });
  }
  const published = new Map<string, NamedTensor>();
  for (const { name, shape, own } of publishedParameters(id, architecture, stimulus)) {
    const data = await withSubject(`its '${name}'`, () => state.get(name)!.numbers());
    if (own.name.endsWith('.norm.variance') && data.some((value) => value < 0)) {
      throw new InputError(`its '${name}' holds a negative variance`);
    }
    published.set(name, { shape, data });
  }
  const own = fromPublished(id, architecture, stimulus, published);
  return new Map([...own].map(([name, { shape, data }]) => [name, { shape: [1, ...shape], data }]));
}

/** Which architectures it is of, to the last name and shape, where there are some. */
function suggestion(id: ArchitectureId, stimulus: StimulusSize, state: StateDict): string {
  const fitting = architecturesThatFit(stimulus, state);
  if (fitting.length === 0) return '';
  if (fitting.includes(id)) {
    return `; it is of ${id} with ${withPublishedChannels(id, state).channels} channels`;
  }
  return `; it is of ${fitting.join(' or ')}: give that as --architecture`;
}
