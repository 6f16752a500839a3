import type { ModelCard } from './card.js';

// The columns of a model are those of its neurons, 0 to N - 1. An ensemble of K members has K·N more: column
// N + member·N + neuron is the response of one member.

/** How many networks a model has: one for each neuron of each member. */
export interface PopulationSize {
  readonly neurons: number;
  /** 1 for a model that is no ensemble. */
  readonly members: number;
}

/** The networks of a model, by its card. */
export function populationSize({
  neurons,
  members,
}: Pick<ModelCard, 'neurons' | 'members'>): PopulationSize {
  return { neurons: neurons.length, members: members?.length ?? 1 };
}

/**
 * The columns of all members' responses of some neurons of an ensemble.
 * @param chosen columns of neurons
 * @returns [neurons, members], row-major
 * @example
 * memberColumns({ neurons: 10, members: 3 }, Int32Array.of(2)); // 12, 22, 32
 */
export function memberColumns(
  { neurons, members }: PopulationSize,
  chosen: Int32Array,
): Int32Array {
  return Int32Array.from(
    { length: chosen.length * members },
    (_, i) => ((i % members) + 1) * neurons + chosen[Math.floor(i / members)]!,
  );
}

/**
 * Computes the responses in columns of a model from those of its networks. Network member·N + neuron computes the
 * response of one member; the response of an ensemble's neuron is their mean.
 * @param columns of neurons, and of members of an ensemble
 * @param respond computes responses [stimuli, networks], row-major
 * @returns [stimuli, columns], row-major
 */
export async function respondByMembers(
  { neurons, members }: PopulationSize,
  columns: Int32Array,
  respond: (networks: Int32Array) => Promise<Float32Array>,
): Promise<Float32Array> {
  if (members === 1) return await respond(columns);
  const networks = Array.from(columns, (column) =>
    column < neurons
      ? Array.from({ length: members }, (_, member) => member * neurons + column)
      : [column - neurons],
  );
  const wide = await respond(Int32Array.from(networks.flat()));
  const width = networks.reduce((sum, { length }) => sum + length, 0);
  const values = new Float32Array((wide.length / width) * columns.length);
  let from = 0;
  for (let i = 0; i < values.length; i++) {
    const to = from + networks[i % columns.length]!.length;
    values[i] = meanAndSpread(wide.subarray(from, to)).mean;
    from = to;
  }
  return values;
}

/** Numbers of an ensemble, from those of its members. */
export interface Ensemble {
  readonly mean: Float32Array;
  /** The standard deviation of the members around their mean, as of a population: the root of the mean square. */
  readonly spread: Float32Array;
}

/**
 * The mean and the spread of members' responses.
 * @param values [any number, members], row-major
 */
export function reduceMembers(values: Float32Array, members: number): Ensemble {
  const mean = new Float32Array(values.length / members);
  const spread = new Float32Array(mean.length);
  for (let i = 0; i < mean.length; i++) {
    const own = meanAndSpread(values.subarray(i * members, (i + 1) * members));
    [mean[i], spread[i]] = [own.mean, own.spread];
  }
  return { mean, spread };
}

/** Both as one array, [2, ...]: the means and then the spreads. */
export function joinEnsemble({ mean, spread }: Ensemble): Float32Array {
  const both = new Float32Array(2 * mean.length);
  both.set(mean);
  both.set(spread, mean.length);
  return both;
}

/**
 * The mean of members' arrays, number by number.
 * @param arrays of one length, one for each member
 */
export function meanOfArrays(arrays: readonly Float32Array[]): Float32Array {
  return arrays[0]!.map(
    (_, i) => arrays.reduce((sum, values) => sum + values[i]!, 0) / arrays.length,
  );
}

/**
 * The mean of members' numbers and their standard deviation around it, in double precision and in the order of the
 * members, so that the same members give the same bits.
 */
export function meanAndSpread(values: Float32Array | readonly number[]): {
  readonly mean: number;
  readonly spread: number;
} {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, spread: Math.sqrt(squares / values.length) };
}
