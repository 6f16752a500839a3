import type { AnyArchitecture } from '../any-architecture.js';
import { ArchitectureId } from './id.js';
import { ARCHITECTURES } from './index.js';
import { SHARED_CORE_NAMES, SHARED_CORES } from './shared-cores.js';

/** What there is to compute responses with: one of the paper's networks for each neuron, or a shared core. */
export const DESIGN_NAMES = [...ArchitectureId.options, ...SHARED_CORE_NAMES] as const;
export type DesignName = (typeof DESIGN_NAMES)[number];

interface Design {
  readonly network: AnyArchitecture;
  /** What predicts a neuron: `each predicted by <description>`. */
  readonly description: string;
}

/** By name. */
export const DESIGNS: Readonly<Record<DesignName, Design>> = { ...ARCHITECTURES, ...SHARED_CORES };
