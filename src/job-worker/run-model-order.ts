import path from 'node:path';
import type { Logger } from 'pino';
import { InputError } from '../errors.js';
import { experimentContext } from '../experiments/context.js';
import { findJobExperiment, runJob } from '../experiments/job-experiments.js';
import type { RunnableJob } from '../jobs/job-runner.js';
import type { Part } from '../jobs/record.js';
import type { ModelSource } from '../models/model-source.js';
import { readModel, type SavedModel } from '../models/saved-model.js';
import type { StimulusLimits } from '../stimulus/limits.js';
import type { StimulusSets } from '../storage/stimulus-sets.js';
import { type Span, traced } from '../tracing/tracer.js';
import type { LocalEngine } from './local-engine.js';
import { type OrderContext, runOrder } from './run-order.js';

/** What a job of a model runs with. */
export interface ModelOrderParts {
  readonly options: { readonly models: string; readonly limits: StimulusLimits };
  readonly engine: LocalEngine;
  readonly models: ModelSource;
  readonly sets: StimulusSets;
  readonly log: Logger;
  /** Of the job. */
  readonly span: Span;
  readonly run: OrderContext;
}

/**
 * Runs an experiment on the model that the order names.
 * @throws InputError when the model or a stimulus set is not there, or cannot be used; as `runOrder`
 */
export async function runModelOrder(
  job: RunnableJob,
  { options, engine, models, sets, log, span, run }: ModelOrderParts,
): Promise<Part[]> {
  const { order } = job;
  const { model, parts } = await traced(span, 'load model', async () => {
    const saved = await readOrdered(models, order.model, options.models);
    return engine.load(saved, findJobExperiment(order.kind).interprets);
  });
  log.info(
    { digest: model.digest, engine: engine.description.name },
    'the model of a job is loaded',
  );
  const context = experimentContext({
    ...parts,
    respond: (stimuli, columns) =>
      traced(span, 'infer', () => parts.respond(stimuli, columns), {
        'hypercolumn.stimuli': stimuli.count,
      }),
  });
  return await runOrder(job, run, (own) =>
    runJob(order, {
      ...context,
      ...own,
      model,
      limits: options.limits,
      async readStimulusSet(digest) {
        const set = await sets.read(digest);
        if (set) return set.stimuli;
        throw new InputError(`unknown stimulus set: ${digest}; expected one that is stored`);
      },
    }),
  );
}

/** @throws InputError when the model of an order is not there, or cannot be used */
async function readOrdered(
  models: ModelSource,
  model: RunnableJob['order']['model'],
  place: string,
): Promise<SavedModel> {
  if (model === null) throw new InputError('the job names no model; expected one');
  const { name, version, digest } = model;
  try {
    if (path.basename(name) !== name) throw new InputError('its name is not that of a folder');
    return await readModel(await models.localFolder({ name, version }, digest));
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new InputError(
      `the model ${name}/${version} cannot be used: ${cause.message} (MODELS_DIR=${JSON.stringify(place)} of the worker)`,
      [],
      { cause },
    );
  }
}
