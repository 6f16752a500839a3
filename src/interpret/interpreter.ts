import type { ServedModel } from '../inference/catalogue.js';
import type { Stimuli } from '../stimulus/stimuli.js';
import type { MaximisationState, MaximisationTerms } from './activation-maximisation.js';
import type { StimulusGradient } from './gradient.js';
import type { Interpretation } from './interpretation.js';

/** A model by its folder, `<name>/<version>`, and the digest that it must have. */
export type InterpretedModel = Pick<ServedModel, 'name' | 'version' | 'digest'>;

/** What each request to an interpreter has. */
interface ModelRequest {
  readonly model: InterpretedModel;
  /** Ids of the clients' requests that it computes, for the log. */
  readonly requestIds?: readonly string[];
}

/** A request for what a model's networks compute between stimuli and responses. */
export interface InterpretationRequest extends ModelRequest {
  /** Of the size the model's card states; values 0..1. */
  readonly stimuli: Stimuli;
  /** Columns of the model's population, in the order of the answer. */
  readonly neurons: Int32Array;
}

/** An InterpretationRequest for one neuron. */
interface GradientRequest extends Omit<InterpretationRequest, 'neurons'> {
  readonly neuron: number;
}

/** Some steps of activation maximisation: up the gradient of one neuron's response. */
interface MaximisationRequest extends ModelRequest {
  /** Column of the model's population. */
  readonly neuron: number;
  /** Of that neuron. */
  readonly id: number;
  readonly state: MaximisationState;
  readonly terms: MaximisationTerms;
  /** The step before which this request ends. */
  readonly until: number;
}

/**
 * Computes what an engine for responses does not. It runs one request at a time, in the order of the requests;
 * in-slices.ts cuts large ones, so that the next does not wait long.
 */
export interface Interpreter {
  interpret(request: InterpretationRequest): Promise<Interpretation>;
  gradient(request: GradientRequest): Promise<StimulusGradient>;
  /** @param signal aborted: rejects with its reason */
  maximise(request: MaximisationRequest, signal?: AbortSignal): Promise<MaximisationState>;
  close(): Promise<void>;
}
