import type { ServedModel } from '../inference/catalogue.js';
import type { Priority } from '../inference/scheduler.js';
import type { Stimuli } from '../stimulus/stimuli.js';
import { traceBatch } from '../tracing/trace-batch.js';
import type { AppContext } from './context.js';
import { prepareModel } from './models.js';
import type { Service } from './service.js';
import { addSeconds } from './timing.js';

/** A request to the scheduler on a client's behalf. */
export interface ResponseRequest {
  readonly model: ServedModel;
  readonly stimuli: Stimuli;
  /** Columns of the model's population. */
  readonly columns: Int32Array;
  readonly priority: Priority;
  /** On the scheduler's clock. */
  readonly deadline: number | undefined;
}

/**
 * Requests responses from the scheduler, once the model is loaded; the request is dropped when the client disconnects.
 * @returns responses [stimuli, columns], row-major
 */
export async function scheduleResponses(
  c: AppContext,
  service: Service,
  { model, stimuli, columns, priority, deadline }: ResponseRequest,
): Promise<Float32Array> {
  const log = c.get('log');
  const { id, span } = c.get('request');
  log.stimuli = (log.stimuli ?? 0) + stimuli.count;
  log.neurons = columns.length;
  await prepareModel(c, service, model, deadline);
  const { values, queueSeconds, inferSeconds } = await service.scheduler.respond({
    digest: model.digest,
    stimuli,
    neurons: columns,
    requestIds: [id],
    priority,
    signal: c.req.raw.signal,
    onBatch: (batch) => traceBatch(span, batch),
    ...(deadline === undefined ? {} : { deadline }),
  });
  addSeconds(c, 'queue', queueSeconds);
  addSeconds(c, 'infer', inferSeconds);
  return values;
}
