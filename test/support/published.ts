import { readFileSync } from 'node:fs';
import { decodeSafetensors, type NamedTensor } from '../../src/formats/safetensors.js';
import type { Architecture } from '../../src/network/architecture.js';
import type { ArchitectureId } from '../../src/network/architectures/index.js';
import { publishedParameters } from '../../src/network/published.js';
import { randomStream } from '../../src/network/random.js';
import type { StimulusSize } from '../../src/network/stimulus-size.js';

type Tensors = ReadonlyMap<string, NamedTensor>;

/** Parameters and responses of the published code, under its names. */
export function readGolden(name: string): Tensors {
  const file = new URL(`../fixtures/golden/${name}.safetensors`, import.meta.url);
  return decodeSafetensors(readFileSync(file));
}

/** The entries whose names have a prefix, without the prefix. */
export function withPrefix(tensors: Tensors, prefix: string): Map<string, NamedTensor> {
  const entries = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(entries.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** The state of a network in the names and layouts of the published code, with random parameters. */
export function randomState(
  id: ArchitectureId,
  architecture: Architecture,
  stimulus: StimulusSize,
  seed: number,
): Map<string, NamedTensor> {
  return new Map(
    publishedParameters(id, architecture, stimulus).map(({ name, shape }) => {
      const random = randomStream(seed, name);
      const length = shape.reduce((product, size) => product * size, 1);
      const least = name.endsWith('running_var') ? 0.5 : -1;
      const data = Float32Array.from({ length }, () => least + 2 * random.uniform());
      return [name, { shape, data }];
    }),
  );
}
