import { Hono } from 'hono';
import { DeadlineError, DiskError, StorageError } from '../errors.js';
import type { AppContext, AppEnv } from './context.js';
import { HEALTH_ROUTES } from './middleware/admission.js';
import { createGuard } from './middleware/guard.js';
import { idempotent } from './middleware/idempotency.js';
import { logRequests } from './middleware/request-log.js';
import { untilCut } from './middleware/until-cut.js';
import { guardWebPages } from './middleware/web-pages.js';
import { nearestPath } from './nearest-path.js';
import { errorResponse, isProtocolPath } from './open-inference/error.js';
import { protocolRoutes } from './open-inference/routes.js';
import { CLIENT_GONE, Problem, problemFrom, problemResponse } from './problem.js';
import { type Handler, isRepeatable, type Route } from './route.js';
import { datasetRoutes } from './routes/datasets.js';
import { docsRoutes } from './routes/docs.js';
import { experimentJobRoutes } from './routes/experiment-jobs.js';
import { guideRoutes } from './routes/guide.js';
import { healthRoutes } from './routes/health.js';
import { interpretationRoutes } from './routes/interpretation.js';
import { jobRoutes } from './routes/jobs.js';
import { metricsRoutes } from './routes/metrics.js';
import { modelRoutes } from './routes/models.js';
import { networkImportRoutes } from './routes/network-import.js';
import { openapiRoutes } from './routes/openapi.js';
import { pageRoutes } from './routes/page.js';
import { parametricRoutes } from './routes/parametric.js';
import { quickMeasurementRoutes } from './routes/quick-measurement.js';
import { receptiveFieldRoutes } from './routes/receptive-field.js';
import { recordingRoutes } from './routes/recordings.js';
import { responseRoutes } from './routes/responses.js';
import { stimulusRoutes } from './routes/stimuli.js';
import { stimulusSetRoutes } from './routes/stimulus-sets.js';
import { streamRoutes } from './routes/stream.js';
import { trialRoutes } from './routes/trials.js';
import { tuningRoutes } from './routes/tuning.js';
import type { AppDependencies } from './service.js';

/** Every route of the service. */
export function createRoutes(deps: AppDependencies) {
  const routes = [
    ...pageRoutes(deps, all),
    ...openapiRoutes(deps, all),
    ...docsRoutes(deps),
    ...guideRoutes(deps),
    ...healthRoutes(deps),
    ...metricsRoutes(deps),
    ...modelRoutes(deps),
    ...networkImportRoutes(deps),
    ...responseRoutes(deps),
    ...streamRoutes(deps),
    ...tuningRoutes(deps),
    ...parametricRoutes(deps),
    ...receptiveFieldRoutes(deps),
    ...quickMeasurementRoutes(deps),
    ...interpretationRoutes(deps),
    ...experimentJobRoutes(deps),
    ...stimulusRoutes(deps),
    ...stimulusSetRoutes(deps),
    ...jobRoutes(deps),
    ...recordingRoutes(deps),
    ...datasetRoutes(deps),
    ...trialRoutes(deps),
    ...protocolRoutes(deps),
  ];
  return routes;

  function all(): readonly Route[] {
    return routes;
  }
}

/** The service's HTTP interface. */
export function createApp(deps: AppDependencies): Hono<AppEnv> {
  return serveRoutes(deps, createRoutes(deps), 'one of those that GET / lists');
}

/** The routes that report the state of the service, for a port of their own. */
export function createHealthApp(deps: AppDependencies): Hono<AppEnv> {
  const routes = createRoutes(deps).filter(({ path }) => HEALTH_ROUTES.has(path));
  return serveRoutes(deps, routes, [...HEALTH_ROUTES].join(', '));
}

/** @param expected describes the paths of these routes in messages */
function serveRoutes(
  deps: AppDependencies,
  routes: readonly Route[],
  expected: string,
): Hono<AppEnv> {
  const { logger, metrics, access } = deps;
  const app = new Hono<AppEnv>();
  app.use(logRequests(deps), ...guardWebPages(access));
  const guard = createGuard(access, deps.rateLimits);
  const once = idempotent(deps);
  const cutting = untilCut(deps.cut);
  for (const route of routes) {
    const handler = isRepeatable(route) ? once(route.handler) : route.handler;
    add(app, { ...route, handler: cutting(guard({ ...route, handler })) });
  }
  const paths = [...new Set(routes.map((route) => route.path))];
  for (const path of paths) rejectOtherMethods(app, path, routes);

  app.notFound((c) => {
    const near = nearestPath(c.req.path, paths);
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    const problem = new Problem(404, `no such path; expected ${expected}${hint}`);
    return answerProblem(problem, c);
  });

  app.onError((error, c) => {
    const { id } = c.get('request');
    if (c.req.raw.signal.aborted) return new Response(null, { status: CLIENT_GONE });
    if (error instanceof DeadlineError) metrics.deadlineMiss();
    const problem = problemFrom(error);
    if (problem.status === 500) logger.error({ request: id, err: error }, 'unhandled error');
    if (error instanceof DiskError || error instanceof StorageError) {
      logger.error({ request: id, err: error.cause }, error.message);
    }
    return answerProblem(problem, c);
  });

  return app;
}

function answerProblem(problem: Problem, c: AppContext): Response {
  if (isProtocolPath(c.req.path)) return errorResponse(problem);
  return problemResponse(problem, c.get('request').id);
}

function add(app: Hono<AppEnv>, { method, path, handler }: Route): void {
  app.on(method, path, counted(path, handler));
}

/** Answers 405 to the methods that a path does not have; it is added after those that it has. */
function rejectOtherMethods(app: Hono<AppEnv>, path: string, routes: readonly Route[]): void {
  const allowed = routes
    .filter((route) => route.path === path)
    .map(({ method }) => (method === 'GET' ? 'GET, HEAD' : method))
    .join(', ');
  const reject: Handler = (c) => {
    throw new Problem(405, `method not allowed: ${c.req.method}; expected ${allowed}`, {
      headers: { Allow: allowed },
    });
  };
  app.all(path, counted(path, reject));
}

/** Names the path's pattern for the metrics, and rejects requests on connections beyond the limits. */
function counted(path: string, handle: Handler): Handler {
  return (c) => {
    c.get('log').route = path;
    if (c.env?.refusal && !HEALTH_ROUTES.has(path)) throw c.env.refusal;
    return handle(c);
  };
}
