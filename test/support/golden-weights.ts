import type { NamedTensor } from '../../src/formats/safetensors.js';
import type { Weights } from '../../src/models/saved-model.js';
import { ARCHITECTURES, type ArchitectureId } from '../../src/network/architectures/index.js';
import { fromPublished } from '../../src/network/published.js';
import type { StimulusSize } from '../../src/network/stimulus-size.js';
import { stackPopulations } from '../../training/data/rows.js';
import { withPrefix } from './published.js';

/** The three neurons of a golden file. */
export function goldenWeights(
  id: ArchitectureId,
  stimulus: StimulusSize,
  golden: ReadonlyMap<string, NamedTensor>,
): Weights {
  const neurons = [0, 1, 2].map((i) =>
    fromPublished(id, ARCHITECTURES[id].network, stimulus, withPrefix(golden, `neuron${i}.`)),
  );
  return stackPopulations(
    neurons.map(
      (neuron) =>
        new Map(
          [...neuron].map(([name, { shape, data }]) => [name, { shape: [1, ...shape], data }]),
        ),
    ),
  );
}
