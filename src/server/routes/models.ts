import { z } from 'zod';
import { Digest } from '../../experiments/result-parts.js';
import { ModelCard } from '../../models/card.js';
import { PRECISIONS } from '../../network/precision.js';
import { isForPage, linkToNext, ModelsQuery, pageOfModels } from '../model-pages.js';
import { listModels, requireService } from '../models.js';
import { json, named } from '../operation.js';
import { modelRoute, route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { requireTraining } from '../training.js';

const Version = {
  version: z.int().positive(),
  ready: z.boolean(),
  architecture: z.string().optional(),
  neurons: z.int().optional(),
  digest: Digest.optional(),
  reason: z.string().optional().describe('why it, or what is in its folder now, is not served'),
};
const ModelSummary = named('ModelSummary', z.strictObject(Version));
const ModelList = z.strictObject({
  models: z.array(
    z.strictObject({ name: z.string(), ...Version, versions: z.array(ModelSummary) }),
  ),
  engine: z.strictObject({ name: z.string(), device: z.string(), precision: z.enum(PRECISIONS) }),
  trains: z.boolean().describe('whether models can be trained on recordings here'),
  total: z.int().optional().describe('models that match, on all pages; of a page only'),
  next: z.string().optional().describe('`cursor` of the next page, where there is one'),
});
const Card = named('Card', z.strictObject({ digest: Digest, ...ModelCard.shape }));

/** The list of models, and the card of each. */
export function modelRoutes(deps: AppDependencies) {
  const list = route(
    deps,
    {
      method: 'GET',
      path: '/v1/models',
      id: 'listModels',
      tag: 'models',
      summary: 'The models',
      description: 'All of them, or a page where `limit`, `cursor` or `search` is given.',
      query: ModelsQuery,
      answers: {
        200: {
          ...json('By name, with all versions', ModelList)[200],
          headers: { Link: 'the next page, where there is one' },
        },
      },
    },
    (c, { query }) => {
      const { catalogue, engine, training } = requireService(deps);
      const service = { engine, trains: training !== 'off' && !('unusable' in training) };
      if (!isForPage(query)) return c.json({ models: listModels(catalogue), ...service });
      const { models, ...page } = pageOfModels(catalogue, query);
      if (page.next !== undefined) c.header('Link', linkToNext(query, page.next));
      return c.json({ models, ...service, ...page });
    },
  );
  const card = modelRoute(
    deps,
    {
      method: 'GET',
      path: '/v1/models/:model',
      id: 'card',
      tag: 'models',
      summary: "A model's card",
      answers: json('Its card', Card),
    },
    (c, { model }) => c.json({ digest: model.digest, ...model.card }),
  );
  const removal = modelRoute(
    deps,
    {
      method: 'DELETE',
      path: '/v1/models/:model',
      scope: 'train',
      id: 'deleteModel',
      tag: 'models',
      summary: 'Deletes a version of a model, which is served no more',
      query: z.strictObject({}),
      answers: { 204: { description: 'It is deleted' } },
      errors: [507],
    },
    async (c, { model: { name, version }, service }) => {
      await requireTraining(deps).removeModel({ name, version });
      await service.catalogue.poll();
      return c.body(null, 204);
    },
  );
  return [list, ...card, ...removal];
}
