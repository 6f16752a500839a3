import type { BackendName } from '../network/backend.js';
import type { AscentState } from './activation-maximisation.js';
import type { StimulusGradient } from './gradient.js';
import type { Look } from './interpretation.js';
import type { AscentRequest, GradientRequest, InsideRequest } from './interpreter.js';

/** What the service asks of the process that looks inside. */
export type InsideCalls = {
  readonly open: {
    call: { readonly backend: BackendName; readonly models: string };
    result: undefined;
  };
  readonly look: { call: { readonly request: InsideRequest }; result: Look };
  readonly ascend: { call: { readonly request: AscentRequest }; result: AscentState };
  readonly gradient: { call: { readonly request: GradientRequest }; result: StimulusGradient };
};
