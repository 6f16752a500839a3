import type { Precision } from '../network/precision.js';
import type { Stimuli } from '../stimulus/stimuli.js';
import type { DirectModel } from './kernels/mailbox.js';

/** What computes, for the log, the card of the service and the metrics. */
export interface EngineDescription {
  /** `onnx`, `tensorflow`, `webgpu` or `wasm`. */
  readonly name: string;
  /** A label of the device, with all on which the rounding depends: `GPU`, `2 CPU threads, kernels for AVX2`. */
  readonly device: string;
  /** Of the networks that `usedPrecision` names; all others are computed in float32. */
  readonly precision: Precision;
}

/** A request to an engine: which model, which stimuli, which neurons. */
export interface EngineRequest {
  /** Digest of a loaded model. */
  readonly digest: string;
  /** Of the size the model's card states; values 0..1. */
  readonly stimuli: Stimuli;
  /**
   * Columns of the model, in the order of the answer; only these are computed. An ensemble has further columns for the
   * responses of its members (models/members.ts).
   */
  readonly neurons: Int32Array;
  /** Ids of the clients' requests that it computes, for the log. */
  readonly requestIds?: readonly string[];
}

/**
 * Computes responses. Requests may come while others are computed; the responses depend neither on them nor
 * on the rest of the batch.
 */
export interface Engine {
  readonly description: EngineDescription;
  /**
   * Loads the model in a folder `models/<name>/<version>` whose card has the given digest.
   * @throws Error with the reason when the weights or the golden responses do not hold
   */
  load(folder: string, digest: string): Promise<void>;
  unload(digest: string): Promise<void>;
  /** How small requests to a loaded model can be sent to the engine's process; undefined where they cannot. */
  direct?(digest: string): DirectModel | undefined;
  /** @returns responses [stimuli, neurons], row-major */
  respond(request: EngineRequest): Promise<Float32Array>;
  close(): Promise<void>;
}
