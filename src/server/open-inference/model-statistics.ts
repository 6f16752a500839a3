import type { ServedModel } from '../../inference/catalogue.js';
import type { Tally } from '../metrics/statistics.js';
import { modelOf, serviceOf } from '../models.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';

const NONE: Tally = { count: 0, seconds: 0 };

/** What was asked of the models, in the terms of Triton's statistics. */
export function statisticsRoutes(deps: AppDependencies): Route[] {
  return [
    {
      method: 'GET',
      path: '/v2/models/stats',
      handler: (c) => c.json(statisticsOf(serviceOf(deps).catalogue.served)),
    },
    ...modelRoute(
      'GET',
      '/stats',
      (c) => {
        const { catalogue } = serviceOf(deps);
        const { name, version } = modelOf(c, { catalogue });
        const all = c.req.param('version') === undefined;
        return c.json(
          statisticsOf(
            catalogue.served.filter(
              (model) => model.name === name && (all || model.version === version),
            ),
          ),
        );
      },
      '/v2',
    ),
  ];

  function statisticsOf(models: readonly ServedModel[]) {
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
