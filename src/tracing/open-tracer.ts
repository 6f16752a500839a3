import type { Logger } from 'pino';
import { NO_TRACER, type Tracer } from './tracer.js';

/** A process of Hypercolumn, in the attribute `service.name` of its traces. */
export type TracedService = 'hypercolumn' | 'hypercolumn-worker';

/**
 * Opens what traces requests and jobs: OpenTelemetry where there is a collector, else nothing, and nothing is
 * loaded.
 * @param collector where it takes OTLP over HTTP, such as http://localhost:4318
 * @example
 * const tracer = await openTracer('http://localhost:4318', 'hypercolumn', logger);
 * const span = tracer.start('GET /v1/models', { kind: 'server' });
 * span.end();
 * await tracer.close();
 */
export async function openTracer(
  collector: string | undefined,
  service: TracedService,
  logger: Logger,
): Promise<Tracer> {
  if (collector === undefined) return NO_TRACER;
  const { createOpenTelemetryTracer } = await import('./open-telemetry.js');
  return createOpenTelemetryTracer(collector, service, logger);
}
