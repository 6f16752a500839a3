import { type AnyArchitecture, isShared } from './any-architecture.js';
import { createLayers } from './architecture.js';
import { requiredParts } from './required-parts.js';
import { sharedMultiplications } from './shared-core/multiplications.js';
import { channelsOf, type StimulusSize } from './stimulus-size.js';

/** What responses to one stimulus take in multiplications, each with its addition. */
export interface Multiplications {
  /** Once, however many neurons respond. */
  readonly shared: number;
  /** For each neuron. */
  readonly each: number;
}

/**
 * Counts the multiplications of convolutions and readouts, of what is in the field alone, without padding.
 * Attention, pools and activations come on top.
 */
export function multiplications(
  architecture: AnyArchitecture,
  stimulus: StimulusSize,
): Multiplications {
  if (isShared(architecture)) {
    const { core, readout } = sharedMultiplications(architecture, stimulus);
    return { shared: core, each: readout };
  }
  const [, ...parts] = requiredParts(architecture, stimulus);
  const read = parts.at(-1)!;
  const each = createLayers(architecture, channelsOf(stimulus)).reduce(
    (sum, layer, i) => sum + layer.multiplications(parts[i]!),
    read.height * read.width * architecture.channels,
  );
  return { shared: 0, each };
}
