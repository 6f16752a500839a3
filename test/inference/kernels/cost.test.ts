import { expect } from 'vitest';
import { loadAddon } from '../../../src/inference/kernels/addon.js';
import { kernelBytes } from '../../../src/inference/kernels/cost.js';
import { packNetworks } from '../../../src/inference/kernels/site-kernels.js';
import { ArchitectureId } from '../../../src/network/architectures/id.js';
import { ARCHITECTURES } from '../../../src/network/architectures/index.js';
import { PRECISIONS } from '../../../src/network/precision.js';
import { randomParameters } from '../../../training/random-model/random-parameters.js';
import { kernelAddon, testWith } from '../../support/capabilities.js';

const capability = kernelAddon();
/** Of networks that read a part of the stimulus, which are not computed by tiles. */
const MOST = 2.6;

testWith(capability).each(ArchitectureId.options)(
  '%s takes no more memory than is counted for it, and not much less',
  (id) => {
    const { network: architecture } = ARCHITECTURES[id];
    const addon = loadAddon(capability.file)!;
    for (const [height, width, channels] of [
      [50, 60, 1],
      [50, 60, 3],
      [100, 120, 1],
    ] as const) {
      const stimulus = { height, width, channels, scale: 1, offset: 0 };
      const members = [randomParameters(architecture, stimulus, [0, 1, 2], 1)];
      for (const precision of PRECISIONS) {
        const site = { architecture, stimulus, members, networks: [0, 1, 2], precision };
        const { network, weights } = packNetworks(addon, site);
        const taken = weights.byteLength + 2 * addon.createSite(network, 1).bytes;
        const counted = kernelBytes(architecture, stimulus, 3, 1, precision);
        expect(counted).toBeGreaterThanOrEqual(taken);
        const ofWeights = counted - kernelBytes(architecture, stimulus, 0, 1, precision);
        expect(ofWeights).toBeLessThan(MOST * weights.byteLength);
      }
    }
  },
);
