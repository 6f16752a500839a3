import { InputError } from '../errors.js';
import { parseAs } from '../formats/json.js';
import type { ResultFile } from '../jobs/job-files.js';
import type { JobOrder } from '../jobs/record.js';
import { resolveStored } from '../stimulus/decode/decode.js';
import { modelCanvas } from './canvas.js';
import { characterizeJob } from './characterize/job.js';
import type { ExperimentContext } from './context.js';
import type { JobExperiment, JobResources, PreparedJob } from './job.js';
import { preferredStimulusJob } from './preferred-stimulus/job.js';

/**
 * The experiments that run as jobs. An experiment that is added here gets its route, its part of the OpenAPI
 * document and its part of the typed client.
 */
export const JOB_EXPERIMENTS = [characterizeJob, preferredStimulusJob] as const;

/**
 * Makes the order of a job: all that is needed to run it, here or elsewhere.
 * @param request the request as the experiment's schema parses it
 * @param askedBy the name of the API key; null where there are no keys
 */
export function orderJob(
  { kind, stimulusSets }: JobExperiment,
  { name, version, digest }: JobResources['model'],
  request: Record<string, unknown>,
  askedBy: string | null,
): JobOrder {
  // Without the precision of a service: the engine of jobs computes in float32.
  const model = { name, version, digest };
  const sets = stimulusSets(request);
  return { kind, model, data: null, request, stimulusSets: sets, askedBy };
}

/**
 * Reads what a job needs and plans it. It computes nothing.
 * @throws InputError for a kind, a request, a model or a stimulus set that does not suit
 */
export async function prepareJob(order: JobOrder, resources: JobResources): Promise<PreparedJob> {
  const { model, limits, readStimulusSet, time } = resources;
  const experiment = findJobExperiment(order.kind);
  if (order.model?.digest !== model.digest) {
    throw new InputError(
      `wrong model for the job: ${model.digest}; expected ` +
        (order.model === null
          ? 'none'
          : `${order.model.name}/${order.model.version} with the digest ${order.model.digest}`),
    );
  }
  const request = parseAs(experiment.request, order.request, 'request');
  const options = { target: modelCanvas(model), limits, fit: 'none', dtype: undefined } as const;
  const sets = [];
  for (const digest of order.stimulusSets) {
    const named = { named: { digest } };
    sets.push(await time('decode', () => resolveStored(named, options, readStimulusSet)));
  }
  return experiment.prepare(
    { model, limits },
    request,
    sets.map(({ stimuli }) => stimuli),
  );
}

/**
 * Runs the order of a job, on any machine: the same order gives the same bytes on the same engine.
 * @returns the files of the result
 * @throws as `prepareJob`, `respond` and the interpreter of the context; the signal's reason
 * @example
 * const order = readOrder(JobRecord.parse(JSON.parse(await readFile(file, 'utf8'))));
 * const files = await runJob(order, {
 *   ...experimentContext({ respond, interpreter }),
 *   model,
 *   limits,
 *   readStimulusSet,
 * });
 */
export async function runJob(
  order: JobOrder,
  context: JobResources & ExperimentContext,
): Promise<readonly ResultFile[]> {
  const { run } = await prepareJob(order, context);
  return run(context);
}

/** @throws InputError for an unknown kind */
export function findJobExperiment(kind: string): JobExperiment {
  const experiment = JOB_EXPERIMENTS.find((each) => each.kind === kind);
  if (experiment) return experiment;
  const kinds = JOB_EXPERIMENTS.map((each) => each.kind).join(', ');
  throw new InputError(`unknown kind of job: '${kind}'; expected one of ${kinds}`);
}
