import { z } from 'zod';
import type { Catalogue, ModelRepository } from '../../inference/catalogue.js';
import { ModelName } from '../../models/card.js';
import { readJsonBody } from '../body/read-body.js';
import { listModels, type ModelSummary, serviceOf, unknownModel } from '../models.js';
import { Problem, unavailable } from '../problem.js';
import type { Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import type { AppContext } from '../trace.js';

export const IndexBody = z.strictObject({ ready: z.boolean().default(false) });
/** A model is configured by its card alone, and has no files but those of its folder. */
export const LoadBody = z.strictObject({ parameters: z.strictObject({}).nullish() });
/** No model depends on another. */
export const UnloadBody = z.strictObject({
  parameters: z.strictObject({ unload_dependents: z.boolean().optional() }).nullish(),
});

/** What there is to serve, and changing what is served. */
export function repositoryRoutes(deps: AppDependencies): Route[] {
  return [
    {
      method: 'POST',
      path: '/v2/repository/index',
      handler: async (c) => {
        const { catalogue } = serviceOf(deps);
        const { ready } = await readJsonBody(c, deps, IndexBody);
        return c.json(indexOf(catalogue).filter(({ state }) => !ready || state === 'READY'));
      },
    },
    {
      method: 'POST',
      path: '/v2/repository/models/:model/load',
      scope: 'admin',
      handler: async (c) => {
        const { name, catalogue } = await changeOf(c, LoadBody);
        if (!(await catalogue.load(name))) throw noSuchModel(name, catalogue);
        checkNewest(name, catalogue);
        return c.json(indexOf(catalogue).filter((entry) => entry.name === name));
      },
    },
    {
      method: 'POST',
      path: '/v2/repository/models/:model/unload',
      scope: 'admin',
      handler: async (c) => {
        const { name, catalogue } = await changeOf(c, UnloadBody);
        if (!(await catalogue.unload(name))) throw noSuchModel(name, catalogue);
        return c.json(indexOf(catalogue).filter((entry) => entry.name === name));
      },
    },
  ];

  async function changeOf(c: AppContext, schema: z.ZodType) {
    const { catalogue } = serviceOf(deps);
    if (deps.readiness().state === 'draining') throw unavailable('the service is shutting down');
    const name = c.req.param('model') ?? '';
    // before anything looks for a folder of that name
    if (!ModelName.safeParse(name).success) throw noSuchModel(name, catalogue);
    await readJsonBody(c, deps, schema);
    return { name, catalogue };
  }
}

function indexOf(catalogue: Catalogue) {
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
