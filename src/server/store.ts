import { DamagedError } from '../errors.js';
import type { StimulusReport } from '../experiments/stimulus-report.js';
import { errorAt } from '../stimulus/errors.js';
import { type Stimuli, setDigest } from '../stimulus/stimuli.js';
import type { OpenedSet } from '../storage/stimulus-sets.js';
import type { Store } from '../storage/store.js';
import type { AppContext } from './context.js';
import { requireService, withoutPaths } from './models.js';
import { Problem } from './problem.js';
import { rejectIfLate } from './request.js';
import { type ResponseRequest, scheduleResponses } from './schedule-responses.js';
import type { AppDependencies, Service } from './service.js';

/** @throws Problem 503 while the models are being loaded, and where nothing can be kept on disk */
export function requireStore(deps: AppDependencies): Store {
  const { store } = requireService(deps);
  if ('unusable' in store) {
    throw new Problem(503, `nothing can be stored: ${withoutPaths(store.unusable)}`);
  }
  return store;
}

/**
 * Reads a stored set.
 * @returns undefined when there is none
 * @throws DamagedError, which is logged and counted
 */
export async function openSet(
  deps: AppDependencies,
  digest: string,
): Promise<OpenedSet | undefined> {
  try {
    return await requireStore(deps).sets.read(digest);
  } catch (error) {
    if (error instanceof DamagedError) {
      deps.storeMetrics.damagedSet();
      deps.logger.error({ stimulusSet: digest, err: error.cause }, error.message);
    }
    throw error;
  }
}

/** The stimuli of a set that a request's body names. @throws InputError when there is none */
export function storedStimuli(deps: AppDependencies): (digest: string) => Promise<Stimuli> {
  return async (digest) => {
    const set = await openSet(deps, digest);
    if (set) return set.stimuli;
    throw errorAt('stimulusSet', `no set ${digest} is stored; PUT /v1/stimulus-sets stores one`);
  };
}

/** The stimuli of a request. */
interface PresentedStimuli {
  /** The digest of the stored set that they are, if any. */
  readonly storedAs?: string;
  readonly reports: readonly StimulusReport[];
}

/**
 * Computes responses as `scheduleResponses` does, but takes those to a stored set from the cache and adds the
 * missing ones to it.
 * @returns responses [stimuli, columns], row-major
 */
export async function computeWithCache(
  c: AppContext,
  deps: AppDependencies,
  service: Service,
  request: ResponseRequest,
  { storedAs, reports }: PresentedStimuli,
): Promise<Float32Array> {
  if (storedAs === undefined) return scheduleResponses(c, service, request);
  const { responses } = requireStore(deps);
  const { model, stimuli, columns } = request;
  const { count } = stimuli;
  const cached = {
    model: model.digest,
    stimuli: setDigest(reports.map(({ digest }) => digest)),
    count,
    engine: `${service.engine.name}, ${service.engine.device}`,
  };
  const known = new Map(await responses.read(cached, columns));
  const missing = columns.filter((column) => !known.has(column));
  const use = missing.length === 0 ? 'hit' : known.size === 0 ? 'miss' : 'partial';
  const log = c.get('log');
  log.cache = use;
  deps.storeMetrics.cacheUse(use);
  if (missing.length > 0) {
    const values = await scheduleResponses(c, service, { ...request, columns: missing });
    const computed = new Map(
      Array.from(missing, (column, i) => [column, copyColumn(values, missing.length, i)]),
    );
    await responses.write(cached, computed);
    for (const [column, data] of computed) known.set(column, data);
  }
  rejectIfLate(request.deadline, deps.clock);
  log.stimuli = count;
  log.neurons = columns.length;
  const values = new Float32Array(count * columns.length);
  for (const [i, column] of columns.entries()) {
    const data = known.get(column)!;
    for (let row = 0; row < count; row++) values[row * columns.length + i] = data[row]!;
  }
  return values;
}

/** Fields of an answer: the stored set of the stimuli, and whether responses were cached. */
export function cacheNote(c: AppContext, { storedAs }: PresentedStimuli) {
  return storedAs === undefined ? {} : { stimulusSet: storedAs, cache: c.get('log').cache };
}

function copyColumn(values: Float32Array, width: number, column: number): Float32Array {
  return Float32Array.from(
    { length: values.length / width },
    (_, row) => values[row * width + column]!,
  );
}
