import type { NamedTensor } from '../src/formats/safetensors.js';

/** Puts populations, each with its neurons on the first axis, one after the other. */
export function stackPopulations(
  populations: readonly ReadonlyMap<string, NamedTensor>[],
): Map<string, NamedTensor> {
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
