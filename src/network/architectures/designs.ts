import type { AnyArchitecture } from '../any-architecture.js';
import type { SharedCore } from '../shared-core/architecture.js';
import { ArchitectureId } from './id.js';
import { ARCHITECTURES } from './index.js';

/** The core that is trained where nothing else is asked for. */
const SHARED_CORE: SharedCore = {
  family: 'shared_core',
  wavelengths: [4, 6, 9, 13.5, 20],
  orientations: 8,
  phases: 5,
  learnt: 16,
  channels: 32,
  attention: 'none',
  readout: 'gaussian',
  output: 'linear',
};

/** What there is to compute responses with: one of the paper's networks for each neuron, or a shared core. */
export const DESIGN_NAMES = [...ArchitectureId.options, 'shared_core'] as const;
export type DesignName = (typeof DESIGN_NAMES)[number];

interface Design {
  readonly network: AnyArchitecture;
  /** What predicts a neuron: `each predicted by <description>`. */
  readonly description: string;
}

/** By name. */
export const DESIGNS: Readonly<Record<DesignName, Design>> = {
  ...ARCHITECTURES,
  shared_core: {
    network: SHARED_CORE,
    description: 'a readout of its own of one convolutional core that all neurons share',
  },
};
