import type { ServedModel } from '../inference/catalogue.js';
import type { Stimuli } from '../stimulus/stimuli.js';
import type { AscentState, AscentTerms } from './activation-maximisation.js';
import type { StimulusGradient } from './gradient.js';
import type { Look } from './interpretation.js';

/** Which model, by its folder `<name>/<version>` and what must stand there. */
export type InsideModel = Pick<ServedModel, 'name' | 'version' | 'digest'>;

/** One question about what goes on inside a model's networks. */
export interface InsideRequest {
  readonly model: InsideModel;
  /** Of the size the model's card states; values 0..1. */
  readonly stimuli: Stimuli;
  /** Columns of the model's population, in the order of the answer. */
  readonly neurons: Int32Array;
}

/** As an InsideRequest, of one neuron. */
export interface GradientRequest extends Omit<InsideRequest, 'neurons'> {
  readonly neuron: number;
}

/** Some steps up the gradient of one neuron's response. */
export interface AscentRequest {
  readonly model: InsideModel;
  /** Column of the model's population. */
  readonly neuron: number;
  /** Of that neuron. */
  readonly id: number;
  readonly state: AscentState;
  readonly terms: AscentTerms;
  /** The step before which this question ends. */
  readonly until: number;
}

/**
 * Looks into networks: what an engine for responses does not compute. Answers in the order asked, one
 * question at a time; in-pieces.ts cuts large ones, so that the next need not wait.
 */
export interface Inside {
  look(request: InsideRequest): Promise<Look>;
  gradient(request: GradientRequest): Promise<StimulusGradient>;
  /** @param signal aborted: rejects with its reason */
  ascend(request: AscentRequest, signal?: AbortSignal): Promise<AscentState>;
  close(): Promise<void>;
}
