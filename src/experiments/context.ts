import { setImmediate } from 'node:timers/promises';
import type { ServedModel } from '../inference/catalogue.js';
import type { Interpreter } from '../interpret/interpreter.js';
import type { StimulusLimits } from '../stimulus/limits.js';
import type { Stimuli } from '../stimulus/stimuli.js';

/** The model that an experiment measures, and the limits of its stimuli. */
export interface Subject {
  readonly model: ServedModel;
  readonly limits: StimulusLimits;
}

/** The progress of an experiment. */
export interface Progress {
  /** The number of steps done. */
  readonly done: number;
  readonly total: number;
  /** Makes the JSON of what there is so far. */
  readonly preview?: () => string;
}

/** The parts of an experiment's time that a caller may measure. */
export type TimedStage = 'decode' | 'infer' | 'encode';

/** What an experiment needs while it runs. A service, a script and a worker process each make their own. */
export interface ExperimentContext {
  /**
   * Computes responses of the model that the experiment was planned for.
   * @param stimuli of the model's size, pixels 0..1
   * @param columns of the model's population
   * @returns responses [stimuli, columns], row-major
   */
  readonly respond: (stimuli: Stimuli, columns: Int32Array) => Promise<Float32Array>;
  /** Computes attention, readout terms and gradients. */
  readonly interpreter: Omit<Interpreter, 'close'>;
  /** Ends the experiment without a result when it is aborted. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** Lets other work of this thread run. */
  readonly yieldToEventLoop: () => Promise<unknown>;
  /**
   * Computes a part of the experiment, or returns what an earlier run of the same job that was stopped has
   * saved of it.
   * @param key of the part, unique in the experiment
   * @param compute returns a value that JSON keeps as it is
   */
  readonly step: <T>(key: string, compute: () => Promise<T>) => Promise<T>;
  /** Runs a task as a part of that stage, so that a caller can measure the stage. */
  readonly time: <T>(stage: TimedStage, task: () => Promise<T>) => Promise<T>;
}

/**
 * Makes a context for a script or a test: it is never aborted, and measures and reports nothing.
 * @param parts `respond`, and any other part that should replace the default below
 * @example
 * const context = experimentContext({ respond: (stimuli, columns) => engine.respond(...) });
 * const { neurons } = await runParametric(planParametric(subject, {}), context);
 */
export function experimentContext(
  parts: Pick<ExperimentContext, 'respond'> & Partial<ExperimentContext>,
): ExperimentContext {
  const noInterpreter = () => Promise.reject(new Error('this context has no interpreter'));
  return {
    interpreter: { interpret: noInterpreter, gradient: noInterpreter, maximise: noInterpreter },
    signal: new AbortController().signal,
    onProgress: () => {},
    yieldToEventLoop: () => setImmediate(),
    step: (_, compute) => compute(),
    time: (_, task) => task(),
    ...parts,
  };
}
