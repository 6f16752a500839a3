import { DamagedError } from '../errors.js';
import type { StimulusReport } from '../experiments/stimulus-report.js';
import { errorAt } from '../stimulus/errors.js';
import { type Stimuli, setDigest } from '../stimulus/stimuli.js';
import type { OpenedSet } from '../storage/stimulus-sets.js';
import type { Store } from '../storage/store.js';
import { compute, type Question } from './compute.js';
import type { AppContext } from './context.js';
import { serviceOf, withoutPaths } from './models.js';
import { Problem } from './problem.js';
import { refuseIfLate } from './request.js';
import type { AppDependencies, Service } from './service.js';

/** @throws Problem 503 while the models are being loaded, and where nothing can be kept on disk */
export function storeOf(deps: AppDependencies): Store {
  const { store } = serviceOf(deps);
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
    return await storeOf(deps).sets.read(digest);
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

/** What the responses are to, as decoding told it. */
interface Shown {
  /** The stored set that they were, if any. */
  readonly storedAs?: string;
  readonly reports: readonly StimulusReport[];
}

/**
 * As `compute`; of responses to a stored set only those are computed that are not in the cache, and
 * then they are.
 * @returns responses [stimuli, columns], row-major
 */
export async function computeOrRecall(
  c: AppContext,
  deps: AppDependencies,
  service: Service,
  question: Question,
  { storedAs, reports }: Shown,
): Promise<Float32Array> {
  if (storedAs === undefined) return compute(c, service, question);
  const { responses } = storeOf(deps);
  const { model, stimuli, columns } = question;
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
    const values = await compute(c, service, { ...question, columns: missing });
    const computed = new Map(
      Array.from(missing, (column, i) => [column, columnOf(values, missing.length, i)]),
    );
    await responses.write(cached, computed);
    for (const [column, data] of computed) known.set(column, data);
  }
  refuseIfLate(question.deadline, deps.clock);
  log.stimuli = count;
  log.neurons = columns.length;
  const values = new Float32Array(count * columns.length);
  for (const [i, column] of columns.entries()) {
    const data = known.get(column)!;
    for (let row = 0; row < count; row++) values[row * columns.length + i] = data[row]!;
  }
  return values;
}

/** For the body of an answer: which stored set the stimuli were, and whether responses were cached. */
export function recallNote(c: AppContext, { storedAs }: Shown) {
  return storedAs === undefined ? {} : { stimulusSet: storedAs, cache: c.get('log').cache };
}

function columnOf(values: Float32Array, width: number, column: number): Float32Array {
  return Float32Array.from(
    { length: values.length / width },
    (_, row) => values[row * width + column]!,
  );
}
