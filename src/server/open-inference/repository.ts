import { z } from 'zod';
import type { Catalogue, ModelRepository } from '../../inference/catalogue.js';
import { ModelName } from '../../models/card.js';
import type { AppContext } from '../context.js';
import { listModels, type ModelSummary, requireService, unknownModel } from '../models.js';
import { json, named } from '../operation.js';
import { Problem, unavailable } from '../problem.js';
import { MODEL, route } from '../route.js';
import type { AppDependencies } from '../service.js';

const IndexBody = z.strictObject({ ready: z.boolean().default(false) });
/** A model is configured by its card alone, and has no files but those of its folder. */
const LoadBody = z.strictObject({ parameters: z.strictObject({}).nullish() });
/** No model depends on another. */
const UnloadBody = z.strictObject({
  parameters: z.strictObject({ unload_dependents: z.boolean().optional() }).nullish(),
});

const RepositoryEntry = named(
  'RepositoryEntry',
  z.strictObject({
    name: z.string(),
    version: z.string(),
    state: z.enum(['READY', 'UNAVAILABLE']),
    reason: z.string(),
  }),
);
const Index = z.array(RepositoryEntry);

const tag = 'protocol';

/** The models in the repository, and changing which of them are served. */
export function repositoryRoutes(deps: AppDependencies) {
  return [listRepository(deps), loadModel(deps), unloadModel(deps)];
}

function listRepository(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'POST',
      path: '/v2/repository/index',
      id: 'repositoryIndex',
      tag,
      summary: 'Every version of every model, and whether it is served',
      body: { required: false, content: { 'application/json': IndexBody } },
      answers: json('The versions', Index),
    },
    async (c, { readJson }) => {
      const { catalogue } = requireService(deps);
      const { ready } = await readJson();
      return c.json(listVersions(catalogue).filter(({ state }) => !ready || state === 'READY'));
    },
  );
}

/** Of the routes that change which versions of a model are served. */
const change = {
  method: 'POST',
  params: { model: MODEL },
  scope: 'admin',
  tag,
  answers: json('Its versions', Index),
} as const;

function loadModel(deps: AppDependencies) {
  return route(
    deps,
    {
      ...change,
      path: '/v2/repository/models/:model/load',
      id: 'loadModel',
      summary: 'Loads what is in the folder of a model now',
      body: { required: false, content: { 'application/json': LoadBody } },
    },
    async (c, { readJson }) => {
      const { name, catalogue } = modelToChange(c, deps);
      await readJson();
      if (!(await catalogue.load(name))) throw noSuchModel(name, catalogue);
      checkNewest(name, catalogue);
      return c.json(listVersions(catalogue).filter((entry) => entry.name === name));
    },
  );
}

function unloadModel(deps: AppDependencies) {
  return route(
    deps,
    {
      ...change,
      path: '/v2/repository/models/:model/unload',
      id: 'unloadModel',
      summary: 'Serves a model no longer',
      body: { required: false, content: { 'application/json': UnloadBody } },
    },
    async (c, { readJson }) => {
      const { name, catalogue } = modelToChange(c, deps);
      await readJson();
      if (!(await catalogue.unload(name))) throw noSuchModel(name, catalogue);
      return c.json(listVersions(catalogue).filter((entry) => entry.name === name));
    },
  );
}

/** @throws Problem 503 while the service shuts down, 404 for a name that no model can have */
function modelToChange(c: AppContext, deps: AppDependencies) {
  const { catalogue } = requireService(deps);
  if (deps.readiness().state === 'draining') throw unavailable('the service is shutting down');
  const name = c.req.param('model') ?? '';
  // The name is checked before it becomes part of a path.
  if (!ModelName.safeParse(name).success) throw noSuchModel(name, catalogue);
  return { name, catalogue };
}

function listVersions(catalogue: Catalogue) {
  return listModels(catalogue).flatMap(({ name, versions }) =>
    versions.map((summary) => ({
      name,
      version: String(summary.version),
      state: summary.ready ? 'READY' : 'UNAVAILABLE',
      reason: summary.reason ?? '',
    })),
  );
}

/** @throws Problem 422 when the newest version in a model's folder is not the one that answers */
function checkNewest(name: string, catalogue: ModelRepository): void {
  const versions: readonly ModelSummary[] =
    listModels(catalogue).find((model) => model.name === name)?.versions ?? [];
  const newest = versions.at(-1);
  if (newest === undefined) throw new Problem(422, `${name} has no version in its folder`);
  if (newest.reason === undefined) return;
  const answering = catalogue.find(name);
  const instead = answering
    ? `version ${answering.version} as loaded before answers`
    : 'none answers';
  throw new Problem(422, `${name}/${newest.version} is not served: ${newest.reason}; ${instead}`);
}

function noSuchModel(name: string, catalogue: Catalogue): Problem {
  const names = listModels(catalogue).map((model) => model.name);
  return unknownModel(name, names);
}
