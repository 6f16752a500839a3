import type { Architecture } from './architecture.js';
import type { ImportedNetwork } from './imported/architecture.js';
import type { SharedCore } from './shared-core/architecture.js';

/** What computes the responses of a model's neurons: a network for each of them, or one core with a readout for each. */
export type AnyArchitecture = Architecture | SharedCore;

/** Whether one core serves all neurons. */
export function isShared(
  architecture: AnyArchitecture | ImportedNetwork,
): architecture is SharedCore {
  return 'family' in architecture && architecture.family === 'shared_core';
}
