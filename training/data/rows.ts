import type { NamedTensor } from '../../src/formats/safetensors.js';
import type { Weights } from '../../src/models/saved-model.js';
import { selectNeurons } from '../../src/network/parameters.js';

/** Some neurons of a population, in the order given. */
export function selectRows(weights: Weights, rows: readonly number[]): Map<string, NamedTensor> {
  return new Map([...weights].map(([name, tensor]) => [name, selectNeurons(name, tensor, rows)]));
}

/**
 * A population with other networks in the place of some of its own.
 * @param rows places in the population, one for each of the others
 */
export function replaceRows(weights: Weights, rows: readonly number[], others: Weights): Weights {
  return new Map(
    [...weights].map(([name, { shape, data }]) => {
      const replaced = data.slice();
      const other = others.get(name)!.data;
      const each = data.length / shape[0]!;
      for (const [i, row] of rows.entries()) {
        replaced.set(other.subarray(i * each, (i + 1) * each), row * each);
      }
      return [name, { shape, data: replaced }];
    }),
  );
}

/** Puts populations, each with its neurons on the first axis, one after the other. */
export function stackPopulations(populations: readonly Weights[]): Map<string, NamedTensor> {
  const [first] = populations;
  if (first === undefined) throw new Error('there is no population');
  return new Map(
    [...first].map(([name, { shape }]) => {
      const parts = populations.map((population) => population.get(name)!);
      const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
      let offset = 0;
      for (const part of parts) {
        data.set(part.data, offset);
        offset += part.data.length;
      }
      const neurons = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
      return [name, { shape: [neurons, ...shape.slice(1)], data }];
    }),
  );
}

/** A copy of its own. */
export function copyPopulation(weights: Weights): Map<string, NamedTensor> {
  return new Map(
    [...weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
  );
}

/** Whether all parameters of a row are finite. */
export function isFiniteRow(weights: Weights, row: number): boolean {
  return [...weights.values()].every(({ shape, data }) => {
    const each = data.length / shape[0]!;
    return data.subarray(row * each, (row + 1) * each).every(Number.isFinite);
  });
}
