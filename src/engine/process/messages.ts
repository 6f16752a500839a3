import type { EngineDescription, EngineRequest } from '../engine.js';
import type { EngineChoice } from '../open-engine.js';

/** What the service asks of the inference process. */
export type Call =
  | { readonly kind: 'open'; readonly choice: EngineChoice }
  | { readonly kind: 'load'; readonly folder: string; readonly digest: string }
  | { readonly kind: 'unload'; readonly digest: string }
  | { readonly kind: 'respond'; readonly request: EngineRequest };

export type Question = Call & { readonly id: number };

/** What each kind of call is answered with. */
export interface Results {
  open: EngineDescription;
  load: undefined;
  unload: undefined;
  respond: Float32Array;
}

export type Answer =
  | { readonly id: number; readonly ok: true; readonly result: Results[keyof Results] }
  | {
      readonly id: number;
      readonly ok: false;
      readonly message: string;
      /** Whether the message is meant for whoever asked: an InputError. */
      readonly input: boolean;
    };
