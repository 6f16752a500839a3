import { z } from 'zod';
import type { ServedModel } from '../../inference/catalogue.js';
import type { Tally } from '../metrics/statistics.js';
import { requireService } from '../models.js';
import { json, named } from '../operation.js';
import { modelRoute, route } from '../route.js';
import type { AppDependencies } from '../service.js';

const NONE: Tally = { count: 0, seconds: 0 };

const Duration = named('Duration', z.strictObject({ count: z.int(), ns: z.int() }));
const compute = {
  compute_input: Duration,
  compute_infer: Duration,
  compute_output: Duration,
};
const ModelStatistics = named(
  'ModelStatistics',
  z.strictObject({
    name: z.string(),
    version: z.string(),
    last_inference: z.int(),
    inference_count: z.int(),
    execution_count: z.int(),
    inference_stats: z.strictObject({
      success: Duration,
      fail: Duration,
      queue: Duration,
      ...compute,
      cache_hit: Duration,
      cache_miss: Duration,
    }),
    batch_stats: z.array(z.strictObject({ batch_size: z.int(), ...compute })),
  }),
);
const Statistics = z.strictObject({ model_stats: z.array(ModelStatistics) });

/** Counts and times of requests to the models, in the terms of Triton's statistics. */
export function statisticsRoutes(deps: AppDependencies) {
  const ofAll = route(
    deps,
    {
      method: 'GET',
      path: '/v2/models/stats',
      id: 'statistics',
      tag: 'protocol',
      summary: 'Counts and times of the requests to all models',
      answers: json('Their statistics', Statistics),
    },
    (c) => c.json(describeStatistics(requireService(deps).catalogue.served)),
  );
  const ofModel = modelRoute(
    deps,
    {
      method: 'GET',
      path: '/v2/models/:model/stats',
      id: 'modelStatistics',
      tag: 'protocol',
      summary: 'Counts and times of the requests to a model',
      answers: json('Its statistics', Statistics),
    },
    (c, { service, model: { name, version } }) => {
      const all = c.req.param('version') === undefined;
      const models = service.catalogue.served.filter(
        (model) => model.name === name && (all || model.version === version),
      );
      return c.json(describeStatistics(models));
    },
  );
  return [ofAll, ...ofModel];

  function describeStatistics(models: readonly ServedModel[]) {
    return { model_stats: models.map(statisticsOfModel) };
  }

  function statisticsOfModel({ name, version, digest }: ServedModel) {
    const { stimuli, lastAnswered, success, fail, stages, batches } =
      deps.metrics.statistics(digest);
    return {
      name,
      version: String(version),
      last_inference: lastAnswered,
      inference_count: stimuli,
      execution_count: [...batches.values()].reduce((sum, { count }) => sum + count, 0),
      inference_stats: {
        success: duration(success),
        fail: duration(fail),
        queue: duration(stages.queue),
        compute_input: duration(stages.decode),
        compute_infer: duration(stages.infer),
        compute_output: duration(stages.encode),
        cache_hit: duration(NONE),
        cache_miss: duration(NONE),
      },
      batch_stats: [...batches]
        .toSorted(([a], [b]) => a - b)
        .map(([size, tally]) => ({
          batch_size: size,
          // a request's own, not a batch's
          compute_input: duration({ count: tally.count, seconds: 0 }),
          compute_infer: duration(tally),
          compute_output: duration({ count: tally.count, seconds: 0 }),
        })),
    };
  }
}

function duration({ count, seconds }: Tally) {
  return { count, ns: Math.round(seconds * 1e9) };
}
