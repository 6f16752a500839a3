import type { SharedCore } from '../shared-core/architecture.js';

/** What all neurons of a site share, and how each of them reads it. */
export interface SharedCoreDefinition {
  readonly network: SharedCore;
  /** What predicts a neuron: `each predicted by <description>`. */
  readonly description: string;
}

const SHARED_CORE: SharedCore = {
  family: 'shared_core',
  front: 'filters',
  wavelengths: [4, 6, 9, 13.5, 20],
  orientations: 8,
  phases: 0,
  learnt: 16,
  trunk: 'convolutions',
  steps: 1,
  channels: 32,
  attention: 'none',
  readout: 'gaussian',
  output: 'linear',
};

/** A readout of pixels: what it has no use for is as small as it can be. */
const PIXELS: SharedCore = {
  ...SHARED_CORE,
  front: 'pixels',
  wavelengths: [],
  orientations: 1,
  learnt: 0,
  trunk: 'none',
  channels: 1,
  readout: 'whole',
};

/** By name. Another one is an entry here, and its recipe. */
export const SHARED_CORES = {
  shared_core: {
    network: SHARED_CORE,
    description: 'a readout of its own of one convolutional core that all neurons share',
  },
  energy_core: {
    network: { ...SHARED_CORE, learnt: 0 },
    description: 'a readout of its own of one core over Gabor energies that all neurons share',
  },
  learnt_core: {
    network: { ...SHARED_CORE, wavelengths: [] },
    description: 'a readout of its own of one core over learnt filters that all neurons share',
  },
  attention_core: {
    network: { ...SHARED_CORE, attention: 'identity' },
    description: 'a readout of its own of one core with self-attention that all neurons share',
  },
  recurrent_core: {
    network: { ...SHARED_CORE, trunk: 'recurrent', steps: 3 },
    description: 'a readout of its own of one recurrent core that all neurons share',
  },
  gabor_energy: {
    network: { ...SHARED_CORE, learnt: 0, trunk: 'none' },
    description: 'a weighted sum of Gabor energies',
  },
  linear: { network: PIXELS, description: 'a weighted sum of the pixels' },
  ln: {
    network: { ...PIXELS, output: 'scaled_softplus' },
    description: 'a weighted sum of the pixels and a nonlinearity',
  },
} as const satisfies Readonly<Record<string, SharedCoreDefinition>>;

export type SharedCoreName = keyof typeof SHARED_CORES;
export const SHARED_CORE_NAMES = Object.keys(SHARED_CORES) as SharedCoreName[];
