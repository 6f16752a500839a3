import { expect } from 'vitest';
import { loadAddon } from '../../../src/inference/kernels/addon.js';
import { kernelBytes } from '../../../src/inference/kernels/cost.js';
import { packNetworks } from '../../../src/inference/kernels/site-kernels.js';
import { ArchitectureId } from '../../../src/network/architectures/id.js';
import { ARCHITECTURES } from '../../../src/network/architectures/index.js';
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
    for (const channels of [1, 3] as const) {
      const stimulus = { height: 50, width: 60, channels, scale: 1, offset: 0 };
      const members = [randomParameters(architecture, stimulus, [0, 1, 2], 1)];
      const site = { architecture, stimulus, members, networks: [0, 1, 2] };
      const { network, weights } = packNetworks(addon, site);
      const taken = weights.byteLength + 4 * addon.createSite(network).scratch;
      const counted = kernelBytes(architecture, stimulus, 3, 1);
      expect(counted).toBeGreaterThanOrEqual(taken);
      const ofWeights = counted - kernelBytes(architecture, stimulus, 0, 0) - 2 ** 20;
      expect(ofWeights).toBeLessThan(MOST * weights.byteLength);
    }
  },
);
