import { type ExperimentContext, experimentContext } from '../experiments/context.js';
import type { Priority } from '../inference/scheduler.js';
import type { Presented } from './body/presented.js';
import type { AppContext } from './context.js';
import { rejectIfLate } from './request.js';
import { type ResponseRequest, scheduleResponses } from './schedule-responses.js';
import type { AppDependencies, Service } from './service.js';
import { computeWithCache } from './store.js';
import { timed } from './timing.js';

/** A request to a model, as far as an experiment is run for it. */
type ExperimentRequest = Pick<ResponseRequest, 'model' | 'deadline'> & {
  readonly service: Service;
};

/** The context of an experiment whose result a client waits for. */
export function clientContext(
  c: AppContext,
  { clock }: Pick<AppDependencies, 'clock'>,
  { service, model, deadline }: ExperimentRequest,
): ExperimentContext {
  const { interpret, gradient, maximise } = service.interpreter;
  const requestIds = [c.get('request').id];
  const inTime =
    <Request extends object, Result>(send: (request: Request) => Promise<Result>) =>
    async (request: Request) => {
      rejectIfLate(deadline, clock);
      return send({ ...request, requestIds });
    };
  return experimentContext({
    respond: (stimuli, columns) =>
      scheduleResponses(c, service, { model, stimuli, columns, deadline, priority: 'sweep' }),
    interpreter: {
      interpret: inTime(interpret),
      gradient: inTime(gradient),
      maximise: inTime(maximise),
    },
    signal: c.req.raw.signal,
    yieldToEventLoop: service.scheduler.yieldToEventLoop,
    time: (stage, task) => timed(c, clock, stage, task),
  });
}

/** As `clientContext`, for stimuli that the request presents: responses to a stored set are cached. */
export function presentedContext(
  c: AppContext,
  deps: AppDependencies,
  request: ExperimentRequest,
  presented: Presented,
  priority: Priority,
): ExperimentContext {
  const { service, model, deadline } = request;
  return {
    ...clientContext(c, deps, request),
    respond: (stimuli, columns) => {
      const responseRequest = { model, stimuli, columns, priority, deadline };
      return computeWithCache(c, deps, service, responseRequest, presented);
    },
  };
}
