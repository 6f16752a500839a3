import type { Stimuli } from '../stimulus/stimuli.js';

/** A model that threads of this machine's CPU compute. */
export interface LoadedModel {
  /**
   * @param networks of the population, in any order and with repetitions
   * @param isBackground whether it may wait for other requests
   * @returns [stimuli, networks]
   */
  respond(stimuli: Stimuli, networks: Int32Array, isBackground?: boolean): Promise<Float32Array>;
  unload(): Promise<void>;
}
