import type { ServedModel } from '../../inference/catalogue.js';
import type { Stimuli } from '../../stimulus/stimuli.js';
import type { Progress } from '../running.js';
import type { Characterization, CharacterizationBody } from './characterized.js';

/** What the process that characterizes is told. */
export type ToBattery =
  | { readonly kind: 'run'; readonly model: ServedModel; readonly body: CharacterizationBody }
  | { readonly kind: 'responses'; readonly id: number; readonly values: Float32Array };

/** What it says. */
export type FromBattery =
  | {
      readonly kind: 'respond';
      readonly id: number;
      readonly stimuli: Stimuli;
      readonly neurons: Int32Array;
    }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'found'; readonly characterization: Characterization }
  | { readonly kind: 'failed'; readonly message: string };
