import {
  type Context,
  type Span as OpenTelemetrySpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node';
import type { Logger } from 'pino';
import packageFile from '../../package.json' with { type: 'json' };
import type { TracedService } from './open-tracer.js';
import type { Span, Tracer } from './tracer.js';

const KINDS = {
  server: SpanKind.SERVER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

/** Milliseconds in which the last spans must be sent when the process ends. */
const LAST_SEND = 2000;

/**
 * Traces by the SDK of OpenTelemetry, which sends spans as OTLP over HTTP, in batches, and drops what a collector
 * that is away does not take. The SDK reads its other variables itself, such as OTEL_TRACES_SAMPLER,
 * OTEL_SERVICE_NAME and OTEL_EXPORTER_OTLP_HEADERS.
 * @param collector as `openTracer`
 */
export function createOpenTelemetryTracer(
  collector: string,
  service: TracedService,
  logger: Logger,
): Tracer {
  const url = `${collector.replace(/\/$/, '')}/v1/traces`;
  const resource = defaultResource()
    .merge(
      resourceFromAttributes({ 'service.name': service, 'service.version': packageFile.version }),
    )
    .merge(detectResources({ detectors: [envDetector] }));
  const exporter = reportFailures(new OTLPTraceExporter({ url }), url, logger);
  const provider = new NodeTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer(packageFile.name, packageFile.version);
  const propagator = new W3CTraceContextPropagator();

  return {
    start(name, { kind, parent, attributes = {} }) {
      const context = readParent(parent);
      // A trace has one clock, so that its parts do not overlap where they follow each other.
      const zero = Date.now() - performance.now();
      const startTime = zero + performance.now();
      const options = { kind: KINDS[kind], attributes, startTime };
      return wrap(tracer.startSpan(name, options, context), context, zero);
    },
    async close() {
      const late = new Promise((resolve) => setTimeout(resolve, LAST_SEND).unref());
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
    },
  };

  function readParent(traceparent: string | undefined): Context {
    return propagator.extract(ROOT_CONTEXT, traceparent, {
      get: (carrier, key) => (key === 'traceparent' ? carrier : undefined),
      keys: () => ['traceparent'],
    });
  }

  /** @param zero the time since 1970 at which `performance.now()` was 0 */
  function wrap(span: OpenTelemetrySpan, around: Context, zero: number): Span {
    const context = trace.setSpan(around, span);
    return {
      get traceparent() {
        let written: string | undefined;
        propagator.inject(context, undefined, {
          set: (_, key, value) => {
            if (key === 'traceparent') written = value;
          },
        });
        return written;
      },
      start(name, attributes = {}, at = performance.now()) {
        const options = { attributes, startTime: zero + at };
        return wrap(tracer.startSpan(name, options, context), context, zero);
      },
      end({ name, attributes = {}, error, at = performance.now() } = {}) {
        if (name !== undefined) span.updateName(name);
        span.setAttributes(attributes);
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
        span.end(zero + at);
      },
    };
  }
}

/** Logs when spans cannot be sent any more, and when they can again; not each time. */
function reportFailures(exporter: SpanExporter, url: string, logger: Logger): SpanExporter {
  let failing = false;
  return {
    export(spans, onResult) {
      exporter.export(spans, (result) => {
        const failed = result.code === ExportResultCode.FAILED;
        if (failed && !failing) {
          logger.warn({ err: result.error, url }, 'traces cannot be sent; they are dropped');
        } else if (!failed && failing) logger.info({ url }, 'traces are sent again');
        failing = failed;
        onResult(result);
      });
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
