import { type AnyArchitecture, isShared } from './any-architecture.js';
import { createLayers, READOUTS } from './architecture.js';
import type { Box } from './layers/layer.js';
import { listMapSizes, mapSizes } from './map-sizes.js';
import { channelsOf, type StimulusSize } from './stimulus-size.js';

/**
 * The parts of the stimulus and of each layer's output that reach the readout. The readout reads the last part;
 * the rest need not be computed. A readout of the centre sees one hypercolumn, and through 3x3 beta
 * convolutions its neighbours; attention sees all of them.
 * @throws InputError when the stimulus is too small for the network
 */
export function requiredParts(architecture: AnyArchitecture, stimulus: StimulusSize): Box[] {
  if (isShared(architecture)) return [{ top: 0, left: 0, ...stimulus }];
  const { readout } = mapSizes(architecture, stimulus.height, stimulus.width);
  const sizes = listMapSizes(architecture, stimulus);
  const parts = [READOUTS[architecture.readout].requiredPart(readout)];
  for (const [i, layer] of [
    ...createLayers(architecture, channelsOf(stimulus)).entries(),
  ].reverse()) {
    parts.unshift(layer.requiredPart(parts[0]!, sizes[i]!));
  }
  return parts;
}
