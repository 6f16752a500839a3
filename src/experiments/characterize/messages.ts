import type { ServedModel } from '../../inference/catalogue.js';
import type { Stimuli } from '../../stimulus/stimuli.js';
import type { Progress } from '../context.js';
import type { CharacterizationRequest, CharacterizationResult } from './schemas.js';

/** What the process that characterizes is told. */
export type ToCharacterization =
  | { readonly kind: 'run'; readonly model: ServedModel; readonly request: CharacterizationRequest }
  | { readonly kind: 'responses'; readonly id: number; readonly values: Float32Array };

/** What it says. */
export type FromCharacterization =
  | {
      readonly kind: 'respond';
      readonly id: number;
      readonly stimuli: Stimuli;
      readonly neurons: Int32Array;
    }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'found'; readonly result: CharacterizationResult }
  | { readonly kind: 'failed'; readonly message: string };
