import { recipeArchitecture } from '../../src/datasets/recipes.js';
import { isShared } from '../../src/network/any-architecture.js';
import type { NeuronState } from '../run/neuron-state.js';
import {
  createSeparateNetworks,
  type Networks,
  type NetworksState,
  type PopulationTask,
} from './networks.js';
import { createSharedNetworks } from './shared-core/shared-networks.js';

/**
 * The networks of some neurons, which learn: one for each of them, or a core that they share.
 * @param onStop is called for each neuron that stops
 * @param from the state of an earlier training; without it, training starts anew
 */
export function createNetworks(
  task: PopulationTask,
  onStop: (neuron: NeuronState) => void,
  from?: NetworksState,
): Networks {
  const create = isShared(recipeArchitecture(task.recipe))
    ? createSharedNetworks
    : createSeparateNetworks;
  return create(task, onStop, from);
}
