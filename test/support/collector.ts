import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { onTestFinished, vi } from 'vitest';

// The fields of OpenTelemetry's protocol that tests read: opentelemetry/proto/trace/v1/trace.proto.
const PROTOCOL = `
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
    Status status = 15;
  }
  message Status { string message = 2; int32 code = 3; }
  message KeyValue { string key = 1; Value value = 2; }
  message Value { oneof value { string string_value = 1; int64 int_value = 3; double double_value = 4; } }
`;

/** A span that a collector got. */
export interface CollectedSpan {
  /** `service.name` of the process that sent it. */
  readonly service: string;
  readonly name: string;
  /** 2 is a server, 5 a consumer. */
  readonly kind: number;
  readonly trace: string;
  readonly id: string;
  /** Empty for the first span of a trace. */
  readonly parent: string;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Why it failed. */
  readonly error: string | undefined;
}

interface KeyValue {
  readonly key: string;
  readonly value: { stringValue?: string; intValue?: string; doubleValue?: number };
}

interface RawSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: Buffer;
  readonly spanId: Buffer;
  readonly parentSpanId?: Buffer;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly KeyValue[];
  readonly status?: { message?: string; code?: number };
}

interface RawRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly { readonly spans: readonly RawSpan[] }[];
  }[];
}

/** Starts a collector of OpenTelemetry on a free port; it ends with the test. */
export async function startCollector(status: () => number = () => 200) {
  const requestType = protobuf.parse(PROTOCOL).root.lookupType('Request');
  const spans: CollectedSpan[] = [];
  const server = createServer(async (request, response) => {
    const chunks = (await request.toArray()) as Buffer[];
    response.writeHead(status()).end();
    if (status() !== 200 || request.url !== '/v1/traces') return;
    const body = Buffer.concat(chunks);
    const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const message = requestType.toObject(requestType.decode(bytes), { longs: String });
    spans.push(...readSpans(message as RawRequest));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    /** Waits for the first span of this name. */
    waitFor: (name: string) =>
      vi.waitFor(
        () => {
          const found = spans.find((span) => span.name === name);
          if (found === undefined) throw new Error(`no span ${name}: ${spans.map((s) => s.name)}`);
          return found;
        },
        { timeout: 60_000, interval: 50 },
      ),
  };
}

function readSpans({ resourceSpans }: RawRequest): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(readAttributes(resource.attributes)['service.name']);
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ service, ...readSpan(span) })));
  });
}

function readSpan(span: RawSpan): Omit<CollectedSpan, 'service'> {
  return {
    name: span.name,
    kind: span.kind,
    trace: span.traceId.toString('hex'),
    id: span.spanId.toString('hex'),
    parent: span.parentSpanId?.toString('hex') ?? '',
    start: Number(span.startTimeUnixNano) / 1e6,
    end: Number(span.endTimeUnixNano) / 1e6,
    attributes: readAttributes(span.attributes ?? []),
    error: span.status?.code === 2 ? span.status.message : undefined,
  };
}

function readAttributes(attributes: readonly KeyValue[]): Record<string, string | number> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const { stringValue, intValue, doubleValue } = value;
      return [key, stringValue ?? (intValue === undefined ? doubleValue! : Number(intValue))];
    }),
  );
}
