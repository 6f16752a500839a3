import type { z } from 'zod';
import type { ServedModel } from '../inference/catalogue.js';
import type { ResultFile } from '../jobs/job-files.js';
import type { Stimuli } from '../stimulus/stimuli.js';
import type { ExperimentContext, Subject } from './context.js';
import type { Cost } from './cost.js';

/** An experiment that takes longer than a client waits, so its result is stored as files. */
export interface JobExperiment<
  Kind extends string = string,
  Request extends z.ZodObject = z.ZodObject,
  Result extends z.ZodType = z.ZodType,
> {
  /** The name of the experiment in records and in paths, `/v1/models/{model}/{kind}`. */
  readonly kind: Kind;
  readonly request: Request;
  /** The schema of the JSON file of a result. */
  readonly result: Result;
  /** The name of the experiment in generated clients. */
  readonly operationId: string;
  readonly summary: string;
  /** The endings of the files of a result, such as `csv`. */
  readonly endings: readonly string[];
  /** Whether the experiment computes gradients or attention. */
  readonly interprets: boolean;
  /** The digests of the stored stimulus sets that a request names. */
  stimulusSets(request: z.output<Request>): string[];
  /**
   * Plans a job without computing anything.
   * @param sets the stored stimulus sets that the request names, of the model's size
   * @throws InputError if the request does not fit the model
   */
  prepare(subject: Subject, request: z.output<Request>, sets: readonly Stimuli[]): PreparedJob;
}

/** A job that can be run. */
export interface PreparedJob {
  readonly cost: Cost;
  /** @returns the files of the result */
  readonly run: (context: ExperimentContext) => Promise<readonly ResultFile[]>;
}

/** What the preparation of a job needs. */
export interface JobResources extends Subject, Pick<ExperimentContext, 'time'> {
  readonly model: ServedModel;
  /** Reads a stored stimulus set. @throws InputError when there is none */
  readonly readStimulusSet: (digest: string) => Promise<Stimuli>;
}
