import { ModelUnavailableError } from '../errors.js';
import type { Catalogue, ModelRepository, ServedModel } from '../inference/catalogue.js';
import type { Patience } from '../inference/patience.js';
import { responsesTag } from '../inference/used-precision.js';
import { PRECISIONS } from '../network/precision.js';
import type { AppContext } from './context.js';
import { wholeNumberIn } from './numbers.js';
import { Problem, unavailable } from './problem.js';
import { readDeadline } from './request.js';
import type { AppDependencies, Service } from './service.js';
import { addSeconds } from './timing.js';

/** @throws Problem 503 while the models are being loaded */
export function requireService({ readiness }: AppDependencies): Service {
  const current = readiness();
  if (current.state === 'loading') throw unavailable('the models are still being loaded');
  return current.service;
}

/**
 * Acquires the model that a path names, by `:model` and perhaps `:version`; the largest version served where
 * it names none. The model stays in the engine until the request has been answered, also when it is replaced
 * or unloaded meanwhile; work that outlasts the answer, such as a stream, holds the model itself
 * (`ModelRepository.hold`).
 * @param isExact whether the results are computed in float32, and named so
 * @throws Problem 404 when there is none, 503 when it cannot be served, 412 when `If-Match` names
 *   another digest, or another precision
 */
export async function acquireModel(
  c: AppContext,
  { catalogue }: Pick<Service, 'catalogue'>,
  isExact = false,
): Promise<ServedModel> {
  const name = c.req.param('model') ?? '';
  const version = c.req.param('version');
  const served = await findModel(catalogue, name, version, () => ({
    signal: c.req.raw.signal,
    deadline: readDeadline(c),
  }));
  c.get('leases').add(catalogue.hold(served));
  const model: ServedModel = isExact ? { ...served, precision: 'float32' } : served;
  const log = c.get('log');
  log.model = `${model.name}/${model.version}`;
  log.digest = model.digest;
  log.tag = responsesTag(model);
  const wanted = c.req.header('If-Match');
  const tags = [model.digest, responsesTag(served)];
  if (wanted !== undefined && !tags.some((tag) => matches(wanted, tag))) {
    throw new Problem(412, `${log.model} ${describeMismatch(served, wanted)}`);
  }
  return model;
}

/**
 * Loads the model of a request, which holds it, unless the engine has it.
 * @throws ModelUnavailableError, ClientDisconnectedError or DeadlineError as `ModelRepository.prepare`
 */
export async function prepareModel(
  c: AppContext,
  { catalogue }: Pick<Service, 'catalogue'>,
  model: ServedModel,
  deadline: number | undefined,
): Promise<void> {
  try {
    const seconds = await catalogue.prepare(model, { signal: c.req.raw.signal, deadline });
    if (seconds > 0) addSeconds(c, 'loading', seconds);
  } catch (error) {
    if (!(error instanceof ModelUnavailableError)) throw error;
    throw unavailable(withoutPaths(error.message));
  }
}

/** One version in the list of models. */
export type ModelSummary = { readonly version: number } & (
  | {
      readonly ready: true;
      readonly architecture: string;
      readonly neurons: number;
      readonly digest: string;
      /** Why the content that its folder has now is not served in its place. */
      readonly reason?: string;
    }
  | { readonly ready: false; readonly reason: string }
);

/** One entry per name, with the version that answers requests which name none, and with every version. */
export function listModels({ served, unusable }: Pick<Catalogue, 'served' | 'unusable'>) {
  const versions = new Map<string, ModelSummary[]>();
  const add = (name: string, summary: ModelSummary) =>
    versions.set(name, [...(versions.get(name) ?? []), summary]);
  const reasons = new Map(
    unusable.map(({ name, version, reason }) => [`${name}/${version}`, withoutPaths(reason)]),
  );
  for (const { name, version, digest, card } of served) {
    const key = `${name}/${version}`;
    const reason = reasons.get(key);
    reasons.delete(key);
    add(name, {
      version,
      ready: true,
      architecture: card.architecture.id,
      neurons: card.neurons.length,
      digest,
      ...(reason === undefined ? {} : { reason }),
    });
  }
  for (const { name, version } of unusable) {
    const reason = reasons.get(`${name}/${version}`);
    if (reason !== undefined) add(name, { version, ready: false, reason });
  }
  return [...versions].map(([name, all]) => {
    const sorted = all.toSorted((a, b) => a.version - b.version);
    const answering = sorted.findLast(({ ready }) => ready) ?? sorted.at(-1);
    return { name, ...answering, versions: sorted };
  });
}

/** Absolute, in quotes: it may hold anything else. */
const QUOTED_PATH = /(['"`])(?:file:\/\/)?(?:[A-Za-z]:)?[\\/](?:[^'"`]*[\\/])?([^'"`\\/]*)\1/g;
const PATH =
  /(?<![\w.:/\\])(?:file:\/\/)?(?:[A-Za-z]:)?[\\/](?:[^\s'"`,;:()]*[\\/])?([^\s'"`,;:()\\/]+)/g;

/** A reason for clients: it keeps the names of files, without the folders that they are in. */
export function withoutPaths(reason: string): string {
  return reason.replace(QUOTED_PATH, '$1$2$1').replace(PATH, '$1');
}

async function findModel(
  catalogue: ModelRepository,
  name: string,
  version: string | undefined,
  patience: () => Patience,
): Promise<ServedModel> {
  // 0 is never a version: text that is no number finds none.
  const number = version === undefined ? undefined : (wholeNumberIn(version) ?? 0);
  const model = catalogue.find(name, number) ?? (await catalogue.retry(name, number, patience()));
  if (model) return model;
  const broken = catalogue.unusable.find(
    (entry) => entry.name === name && (number ?? entry.version) === entry.version,
  );
  if (broken) {
    const reason = withoutPaths(broken.reason);
    throw new Problem(503, `${name}/${broken.version} is not served: ${reason}`);
  }
  const known = listModels(catalogue);
  const sameName = known.find((entry) => entry.name === name);
  if (sameName) {
    const versions = sameName.versions.map((entry) => entry.version).join(', ');
    const found = `unknown version of ${name}: ${version}`;
    throw new Problem(404, `${found}; expected one of ${versions}`);
  }
  throw unknownModel(
    name,
    known.map((entry) => entry.name),
  );
}

/** 404, with the names of the models that are known. */
export function unknownModel(name: string, known: readonly string[]): Problem {
  const expected = known.length > 0 ? `expected one of ${someOf(known)}` : 'no model is served';
  return new Problem(404, `unknown model: '${name}'; ${expected}`);
}

/** Names that a message lists. */
const MAX_NAMED = 20;

function someOf(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  const first = names.slice(0, MAX_NAMED).join(', ');
  return more > 0 ? `${first} and ${more} more, which GET /v1/models lists` : first;
}

/** What a model has that `If-Match` does not name. */
function describeMismatch({ digest, precision = 'float32' }: ServedModel, header: string): string {
  const named = PRECISIONS.find((each) =>
    matches(header, responsesTag({ digest, precision: each })),
  );
  return named === undefined
    ? `has the digest ${digest}, If-Match names another`
    : `is computed in ${precision} here, If-Match names ${named}`;
}

function matches(header: string, digest: string): boolean {
  return header.split(',').some((tag) => {
    const value = tag.trim();
    return value === '*' || value === `"${digest}"`;
  });
}
