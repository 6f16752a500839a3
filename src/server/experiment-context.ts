import { type ExperimentContext, experimentContext } from '../experiments/context.js';
import { compute, type Question } from './compute.js';
import type { AppDependencies, Service } from './service.js';
import { type AppContext, timed } from './trace.js';

/** The context of an experiment whose result a client waits for. */
export function clientContext(
  c: AppContext,
  { clock }: Pick<AppDependencies, 'clock'>,
  service: Service,
  { model, deadline }: Pick<Question, 'model' | 'deadline'>,
): ExperimentContext {
  return {
    respond: (stimuli, columns) =>
      compute(c, service, { model, stimuli, columns, deadline, priority: 'sweep' }),
    interpreter: service.inside,
    signal: c.req.raw.signal,
    onProgress: () => {},
    yieldToEventLoop: service.scheduler.giveWay,
    time: (stage, task) => timed(c, clock, stage, task),
  };
}

/** The context of a job, for which nobody waits: it reports no progress yet. */
export function jobContext(
  { scheduler, inside }: Pick<Service, 'scheduler' | 'inside'>,
  digest: string,
  signal: AbortSignal,
): ExperimentContext {
  return experimentContext({
    respond: async (stimuli, neurons) => {
      const request = { digest, stimuli, neurons, priority: 'sweep', signal } as const;
      return (await scheduler.respond(request)).values;
    },
    interpreter: inside,
    signal,
    yieldToEventLoop: scheduler.giveWay,
  });
}
